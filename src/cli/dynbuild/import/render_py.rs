//! `render.py`, which wrote a Dockerfile for `docker build`, as `dynbuild`, which needs none.

use super::translate::{Translation, framework};
use crate::problem::{Problem, ProblemKind};
use crate::suggest::closest;

/// The options of render.py.
const OPTIONS: [&str; 8] = [
    "--framework",
    "--device",
    "--target",
    "--platform",
    "--cuda-version",
    "--make-efa",
    "--output-short-filename",
    "--show-result",
];

/// Translates the words behind render.py.
///
/// # Errors
/// Returns every word that render.py would not have understood.
pub(super) fn translate(words: &[String]) -> Result<Translation, Vec<Problem>> {
    let said = Said::read(words)?;
    let mut notes = Vec::new();
    let framework = framework(&said.framework);
    let mut selection = vec!["--framework".to_owned(), framework.clone()];
    let mut add = |option: &str, value: &str| {
        selection.extend([option.to_owned(), value.to_owned()]);
    };
    add("--target", &said.target);
    match (said.device.as_str(), framework.as_str()) {
        // The frontend and the mocker need none.
        ("cuda", "dynamo" | "none") => {}
        // Its default was no device of TensorRT-LLM, and an error.
        ("cuda", "trtllm") if said.cuda == "13.0" => add("--device", "cuda13.1"),
        ("cuda", _) => add("--device", &format!("cuda{}", said.cuda)),
        (device, _) => add("--device", device),
    }
    if let Some(platform) = &said.platform {
        add("--platform", platform);
    }
    add("--source", "tree");
    let render = format!("dynbuild render {}", shell_words::join(&selection));
    let mut line = vec!["dynbuild".to_owned()];
    if said.only_shows {
        line.push("render".to_owned());
    } else {
        notes.push(format!(
            "dynbuild builds at once, so the `docker build` behind render.py goes too; `{render}` \
             prints the Dockerfile"
        ));
    }
    line.extend(selection);
    if said.efa {
        line.push("--make-efa".to_owned());
    }
    if said.target == "planner" {
        notes.push("There is no target `planner`; the runtime image has the planner".to_owned());
    }
    Ok(Translation { words: line, notes })
}

/// What was said, over the defaults of render.py.
struct Said {
    framework: String,
    device: String,
    target: String,
    cuda: String,
    platform: Option<String>,
    efa: bool,
    only_shows: bool,
}

impl Said {
    fn read(words: &[String]) -> Result<Self, Vec<Problem>> {
        let mut said = Self {
            framework: "vllm".to_owned(),
            device: "cuda".to_owned(),
            target: "runtime".to_owned(),
            cuda: "13.0".to_owned(),
            platform: None,
            efa: false,
            only_shows: false,
        };
        let mut problems = Vec::new();
        let mut rest = words.iter();
        while let Some(word) = rest.next() {
            let (name, own) = match word.split_once('=') {
                Some((name, value)) => (name, Some(value.to_owned())),
                None => (word.as_str(), None),
            };
            let mut value = || own.clone().or_else(|| rest.next().cloned());
            let place = match name {
                "--framework" => &mut said.framework,
                "--device" => &mut said.device,
                "--target" => &mut said.target,
                "--cuda-version" => &mut said.cuda,
                "--platform" => said.platform.insert(String::new()),
                "--make-efa" => {
                    said.efa = true;
                    continue;
                }
                "--show-result" => {
                    said.only_shows = true;
                    continue;
                }
                "--output-short-filename" => continue,
                name => {
                    problems.push(unknown(name));
                    continue;
                }
            };
            match value() {
                Some(value) => *place = value,
                None => problems.push(Problem::new(
                    ProblemKind::Usage,
                    format!("The value of `{name}` is missing"),
                )),
            }
        }
        if problems.is_empty() {
            Ok(said)
        } else {
            Err(problems)
        }
    }
}

fn unknown(name: &str) -> Problem {
    let problem = Problem::new(
        ProblemKind::Usage,
        format!("render.py has no option `{name}`"),
    );
    match closest(name, OPTIONS) {
        Some(similar) => problem.hint(format!("Did you mean `{similar}`?")),
        None => problem.hint(format!("Its options: `{}`", OPTIONS.join("`, `"))),
    }
}

#[cfg(test)]
mod tests {
    use test_case::test_case;

    use super::*;

    #[test_case("" => "dynbuild --framework vllm --target runtime --device cuda13.0 --source tree"; "defaults")]
    #[test_case("--framework=dynamo --target frontend --output-short-filename" => "dynbuild --framework dynamo --target frontend --source tree"; "both spellings")]
    #[test_case("--framework trtllm --cuda-version 13.1 --platform linux/amd64,linux/arm64 --make-efa" => "dynbuild --framework trtllm --target runtime --device cuda13.1 --platform linux/amd64,linux/arm64 --source tree --make-efa"; "all")]
    #[test_case("--device xpu --show-result" => "dynbuild render --framework vllm --target runtime --device xpu --source tree"; "only shown")]
    fn a_line_of_render_py_becomes(line: &str) -> String {
        let words = shell_words::split(line).unwrap();
        let translation = translate(&words).map_err(|problems| problems[0].message.clone());
        shell_words::join(translation.unwrap().words)
    }

    #[test]
    fn unknown_options_are_refused_together() {
        let words = ["--framwork", "--x"].map(str::to_owned);
        let problems = translate(&words).err().unwrap();
        assert_eq!(problems.len(), 2);
        assert_eq!(problems[0].hints, ["Did you mean `--framework`?"]);
    }
}
