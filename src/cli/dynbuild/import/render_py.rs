//! `render.py`, which wrote a Dockerfile for `docker build`, as `dynbuild`, which needs none.

use super::call::Call;
use super::docker_build;
use super::translate::{Translation, framework};
use crate::problem::{Problem, Problems};
use crate::suggest::closest;

/// The options of render.py.
const OPTIONS: [&str; 9] = [
    "--framework",
    "--device",
    "--target",
    "--platform",
    "--cuda-version",
    "--make-efa",
    "--output-short-filename",
    "--show-result",
    "--help",
];

/// Translates the words behind render.py, and the `docker build` that stood next to it.
///
/// # Errors
/// Returns every word that render.py would not have understood.
pub(super) fn translate(call: &mut Call) -> Result<Translation, Problems> {
    let said = Said::read(&call.words)?;
    if said.asks_for_help {
        return Ok(Translation {
            words: vec!["dynbuild".to_owned(), "--help".to_owned()],
            notes: Vec::new(),
        });
    }
    let framework = framework(&said.framework);
    let mut built = docker_build::take(call, &framework);
    let mut notes = Vec::new();
    let mut selection = vec!["--framework".to_owned(), framework.clone()];
    let mut add = |option: &str, value: &str| {
        selection.extend([option.to_owned(), value.to_owned()]);
    };
    match said.target.as_str() {
        "planner" => {
            add("--target", "runtime");
            notes.push(
                "There is no target `planner`; the image `runtime` has the planner".to_owned(),
            );
        }
        target => add("--target", target),
    }
    match (said.device.as_str(), framework.as_str()) {
        // The frontend and the mocker need none; EFA does.
        ("cuda", "dynamo" | "none") if !said.efa => {}
        // Its default was no device of TensorRT-LLM, and an error.
        ("cuda", "trtllm") if said.cuda == "13.0" => add("--device", "cuda13.1"),
        ("cuda", _) => add("--device", &format!("cuda{}", said.cuda)),
        (device, _) => add("--device", device),
    }
    if let Some(platform) = built.platform.take().or(said.platform) {
        add("--platform", &platform);
    }
    add("--source", "tree");
    let render = format!("dynbuild render {}", shell_words::join(&selection));
    let mut line = vec!["dynbuild".to_owned()];
    if said.only_shows {
        line.push("render".to_owned());
    } else {
        notes.push(format!(
            "dynbuild builds at once, so the `docker build` behind render.py is not needed; \
             `{render}` prints the Dockerfile"
        ));
    }
    line.extend(selection);
    if said.efa {
        line.push("--make-efa".to_owned());
    }
    if !said.only_shows {
        line.extend(built.words);
    }
    notes.extend(built.notes);
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
    asks_for_help: bool,
}

impl Said {
    fn read(words: &[String]) -> Result<Self, Problems> {
        let mut said = Self {
            framework: "vllm".to_owned(),
            device: "cuda".to_owned(),
            target: "runtime".to_owned(),
            cuda: "13.0".to_owned(),
            platform: None,
            efa: false,
            only_shows: false,
            asks_for_help: false,
        };
        let mut problems = Vec::new();
        let mut rest = words.iter();
        while let Some(word) = rest.next() {
            let (name, own) = match word.split_once('=') {
                Some((name, value)) => (name, Some(value.to_owned())),
                None => (word.as_str(), None),
            };
            let mut value = || own.clone().or_else(|| rest.next().cloned());
            let place = match complete(name) {
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
                "--help" => {
                    said.asks_for_help = true;
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
                None => problems.push(Problem::usage(format!("The value of `{name}` is missing"))),
            }
        }
        Problems(problems).or(said)
    }
}

/// Returns the option that is meant: Python's programs take the beginning of a name, if it has one end.
fn complete(name: &str) -> &str {
    if name == "-h" {
        return "--help";
    }
    let mut options = OPTIONS
        .into_iter()
        .filter(|option| option.starts_with(name));
    match (options.next(), options.next()) {
        (Some(option), None) if name.len() > "--".len() => option,
        _ => name,
    }
}

fn unknown(name: &str) -> Problem {
    let problem = Problem::usage(format!("render.py has no option `{name}`"));
    match closest(name, OPTIONS) {
        Some(similar) => problem.hint(format!("Did you mean `{similar}`?")),
        None => problem.hint(format!("Its options: `{}`", OPTIONS.join("`, `"))),
    }
}

#[cfg(test)]
mod tests {
    use test_case::test_case;

    use super::super::words::split;
    use super::*;

    #[test_case("" => "dynbuild --framework vllm --target runtime --device cuda13.0 --source tree"; "defaults")]
    #[test_case("--framework=dynamo --target frontend --output-short-filename" => "dynbuild --framework dynamo --target frontend --source tree"; "both spellings")]
    #[test_case("--framework trtllm --cuda-version 13.1 --platform linux/amd64,linux/arm64 --make-efa" => "dynbuild --framework trtllm --target runtime --device cuda13.1 --platform linux/amd64,linux/arm64 --source tree --make-efa"; "all")]
    #[test_case("--device xpu --show-result" => "dynbuild render --framework vllm --target runtime --device xpu --source tree"; "only shown")]
    #[test_case("-h" => "dynbuild --help"; "help")]
    #[test_case("--frame=sglang --plat amd64 --show" => "dynbuild render --framework sglang --target runtime --device cuda13.0 --platform amd64 --source tree"; "beginnings of names")]
    #[test_case("--framework dynamo --target planner" => "dynbuild --framework dynamo --target runtime --source tree"; "the planner")]
    #[test_case("--framework dynamo --target dev --make-efa" => "dynbuild --framework dynamo --target dev --device cuda13.0 --source tree --make-efa"; "EFA wants CUDA")]
    #[test_case("--framework dynamo && docker build -t mine:1 -f container/rendered.Dockerfile ." => "dynbuild --framework dynamo --target runtime --source tree --tag mine:1"; "a tag of docker")]
    #[test_case("--framework dynamo\ndocker buildx build --platform=linux/arm64 --push --tag=mine:1 --build-arg USER_UID=7 --build-arg EPP_IMAGE=x --build-arg ARCH=arm64 --progress plain --load -f x --unknown ." => "dynbuild --framework dynamo --target runtime --platform linux/arm64 --source tree --push --tag mine:1 --progress plain --load --uid 7 --build-arg 'EPP_IMAGE=x'"; "more of docker")]
    fn a_line_of_render_py_becomes(line: &str) -> String {
        shell_words::join(translated(line).unwrap().words)
    }

    fn translated(line: &str) -> Result<Translation, Problems> {
        let words = split(&format!("render.py {line}")).unwrap();
        translate(&mut Call::find(&words).unwrap())
    }

    #[test]
    fn unknown_options_are_refused_together() {
        let problems = translated("--framwork --x").err().unwrap().0;
        assert_eq!(problems.len(), 2);
        assert_eq!(problems[0].hints, ["Did you mean `--framework`?"]);
    }
}
