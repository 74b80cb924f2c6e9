//! `run.sh` as `dynrun`, which takes its options.

use super::translate::Translation;

/// Translates the words behind run.sh.
pub(super) fn translate(words: &[String]) -> Translation {
    let mut line = Line {
        words: vec!["dynrun".to_owned()],
    };
    let mut rest = words.iter().map(String::as_str);
    while let Some(word) = rest.next() {
        match word {
            "--" => {
                line.words.push(word.to_owned());
                line.words.extend(rest.by_ref().map(str::to_owned));
            }
            "-?" | "-h" => line.words.push("--help".to_owned()),
            "--privileged" | "--rm" => line.switch(word, rest.next()),
            "--device" => line.device(rest.next()),
            word => match word.strip_prefix("--device=") {
                Some(device) => line.device(Some(device)),
                None => line.other(word, &mut rest),
            },
        }
    }
    Translation {
        words: line.words,
        notes: Vec::new(),
    }
}

/// Options that have a value; the other ones are switches.
const VALUES: [&str; 16] = [
    "--framework",
    "--image",
    "--target",
    "--name",
    "--hf-cache",
    "--hf-home",
    "--gpus",
    "--runtime",
    "--entrypoint",
    "--workdir",
    "--network",
    "--user",
    "--port",
    "-p",
    "-v",
    "-e",
];

struct Line {
    words: Vec<String>,
}

impl Line {
    fn other<'w>(&mut self, word: &str, rest: &mut impl Iterator<Item = &'w str>) {
        self.words.push(word.to_owned());
        if !VALUES.contains(&word) {
            return;
        }
        if let Some(value) = rest.next() {
            let value = match word {
                "--framework" => super::translate::framework(value),
                _ => value.to_owned(),
            };
            self.words.push(value);
        }
    }

    /// Switches of run.sh have a value, and every word but `false` is on.
    fn switch(&mut self, option: &str, value: Option<&str>) {
        let is_on = value.is_none_or(|value| !value.eq_ignore_ascii_case("false"));
        match (option, is_on) {
            ("--rm", true) => {}
            ("--rm", false) => self.words.push("--rm=false".to_owned()),
            (_, true) => self.words.push(option.to_owned()),
            (_, false) => {}
        }
    }

    /// dynrun takes run.sh's words too, in small letters.
    fn device(&mut self, device: Option<&str>) {
        self.words.push("--device".to_owned());
        self.words.extend(device.map(str::to_lowercase));
    }
}

#[cfg(test)]
mod tests {
    use test_case::test_case;

    use super::*;

    #[test_case("" => "dynrun"; "defaults")]
    #[test_case("--framework TRTLLM --target runtime -it --mount-workspace -- bash -c 'a b'" => "dynrun --framework trtllm --target runtime -it --mount-workspace -- bash -c 'a b'"; "a usual line")]
    #[test_case("--privileged TRUE --rm FALSE -it" => "dynrun --privileged '--rm=false' -it"; "switches with values")]
    #[test_case("--privileged false --rm true" => "dynrun"; "switches that are off")]
    #[test_case("--gpus none --hf-home NONE --runtime nvidia --port 8000:8000" => "dynrun --gpus none --hf-home NONE --runtime nvidia --port 8000:8000"; "values")]
    #[test_case("--device XPU --image x" => "dynrun --device xpu --image x"; "xpu")]
    #[test_case("--device=cuda" => "dynrun --device cuda"; "cuda")]
    #[test_case("--framework STANDARD -- x" => "dynrun --framework none -- x"; "an old name")]
    #[test_case("-?" => "dynrun --help"; "help")]
    fn a_line_of_run_sh_becomes(line: &str) -> String {
        shell_words::join(translate(&shell_words::split(line).unwrap()).words)
    }
}
