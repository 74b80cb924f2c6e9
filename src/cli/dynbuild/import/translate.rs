//! Saying in dynbuild's words what was said to build.sh.

use super::table::{Row, SAME, Takes, find};
use super::words::{Line, Said};
use crate::cli::dynbuild::leaks::LEAKS;

/// A line of dynbuild, and what is worth knowing about it.
#[derive(Debug)]
pub(super) struct Translation {
    /// The words, `dynbuild` first.
    pub(super) words: Vec<String>,
    /// Sentences without a period.
    pub(super) notes: Vec<String>,
}

/// Variables that pass tokens and keys, which stay in the environment.
const TOKENS: [&str; 6] = [
    "GITHUB_TOKEN",
    "GITLAB_TOKEN",
    "HF_TOKEN",
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
];

/// Variables that held whole options, or a part of a name.
const NO_VALUES: [&str; 7] = [
    "BUILD_ARGS",
    "BUILD_CONTEXT_ARG",
    "CACHE_FROM",
    "CACHE_TO",
    "commit_id",
    "current_tag",
    "latest_tag",
];

/// Translates a line.
pub(super) fn translate(line: Line) -> Translation {
    let mut translator = Translator {
        said: Vec::new(),
        notes: line.notes,
    };
    translator.take_variables(&line.variables, &line.said);
    translator.said.extend(line.said);
    translator.add_defaults();
    translator.drop_what_build_sh_ignored();
    translator.finish()
}

struct Translator {
    said: Vec<Said>,
    notes: Vec<String>,
}

impl Translator {
    /// Says as options what build.sh took from its environment; its own options came after.
    fn take_variables(&mut self, variables: &[(String, String)], said: &[Said]) {
        for (name, value) in variables {
            if TOKENS.contains(&name.as_str()) {
                self.notes.push(format!(
                    "`{name}` stays in the environment: it reaches the build as a secret"
                ));
                continue;
            }
            let leak = LEAKS.iter().find(|leak| leak.name == name);
            let row = leak.and_then(|leak| find(leak.option));
            let given = row.filter(|row| said.iter().any(|said| said.row.original == row.original));
            match row.and_then(|row| from_variable(row, name, value)) {
                Some(_) if given.is_some() => {}
                Some(said) => self.said.push(said),
                None => self
                    .notes
                    .push(format!("The variable `{name}` is left out")),
            }
        }
    }

    /// What build.sh built when nothing was said, whatever the profiles at hand would build.
    fn add_defaults(&mut self) {
        for (option, default) in [("--target", "dev"), ("--framework", "vllm")] {
            if self.last(option).is_some() || self.last("--help").is_some() {
                continue;
            }
            let Some(row) = find(option) else { continue };
            self.said.insert(
                0,
                Said {
                    row,
                    value: default.to_owned(),
                },
            );
            self.notes
                .push(format!("`{option} {default}` was build.sh's default"));
        }
    }

    /// Options that build.sh took without a word, and that had no effect.
    fn drop_what_build_sh_ignored(&mut self) {
        let framework = self.last("--framework").map(framework).unwrap_or_default();
        let sccache = self.last("--use-sccache").is_some();
        let mut dropped = Vec::new();
        self.said.retain(|said| {
            let option = said.row.original;
            let ignored = match option {
                "--cuda-version" => !["vllm", "sglang"].contains(&framework.as_str()),
                "--sccache-bucket" | "--sccache-region" => !sccache,
                option => option.starts_with("--tensorrtllm-") && framework != "trtllm",
            };
            if ignored {
                dropped.push(option);
            }
            !ignored
        });
        for option in dropped {
            let why = if option.starts_with("--sccache") {
                "without `--use-sccache`".to_owned()
            } else {
                format!("for framework `{framework}`")
            };
            self.notes
                .push(format!("`{option}` is left out: it had no effect {why}"));
        }
    }

    fn last(&self, option: &str) -> Option<&str> {
        let mut said = self.said.iter().rev();
        let found = said.find(|said| said.row.original == option)?;
        Some(&found.value)
    }

    fn finish(mut self) -> Translation {
        let mut words = vec!["dynbuild".to_owned()];
        let mut told: Vec<&str> = Vec::new();
        for (at, Said { row, value }) in self.said.iter().enumerate() {
            let mut later = self.said[at + 1..].iter();
            let again = later.any(|later| later.row.original == row.original);
            if again && row.takes != Takes::All {
                continue;
            }
            if !told.contains(&row.original) {
                told.push(row.original);
                if row.note != SAME {
                    self.notes.push(format!("`{}`: {}", row.original, row.note));
                }
            }
            let Some(ours) = row.ours else { continue };
            if is_secret(row, value) {
                let name = value.split('=').next().unwrap_or_default();
                self.notes.push(format!(
                    "The build argument `{name}` is left out: set it in the environment, and it reaches the build as a secret"
                ));
                continue;
            }
            words.push(ours.to_owned());
            if row.takes != Takes::Nothing {
                words.push(value_of(row, value));
            }
        }
        Translation {
            words,
            notes: self.notes,
        }
    }
}

fn from_variable(row: &'static Row, name: &str, value: &str) -> Option<Said> {
    let value = match (row.takes, name) {
        (Takes::Nothing, _) => ["1", "true", "yes", "--no-tag-latest"]
            .contains(&value)
            .then(String::new)?,
        (_, "DYNAMO_COMMIT_SHA") => format!("{name}={value}"),
        (_, name) if NO_VALUES.contains(&name) => return None,
        (Takes::Last | Takes::All, _) => value.to_owned(),
    };
    Some(Said { row, value })
}

fn is_secret(row: &Row, value: &str) -> bool {
    let name = value.split('=').next().unwrap_or_default();
    row.original == "--build-arg" && TOKENS.contains(&name)
}

fn value_of(row: &Row, value: &str) -> String {
    match row.original {
        "--framework" => framework(value),
        "--cuda-version" => value.splitn(3, '.').take(2).collect::<Vec<_>>().join("."),
        _ => value.to_owned(),
    }
}

/// Returns the name of a framework; some had others once.
fn framework(name: &str) -> String {
    let name = name.to_lowercase();
    match name.as_str() {
        "tensorrtllm" | "trt-llm" => "trtllm".to_owned(),
        "vllm_nixl" => "vllm".to_owned(),
        _ => name,
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;
    use test_case::test_case;

    use super::super::table::OPTIONS;
    use super::super::words::{read, split};
    use super::*;
    use crate::cli::dynbuild::args::Cli;

    fn translated(line: &str) -> Translation {
        translate(read(&split(line).unwrap()).unwrap())
    }

    fn words(line: &str) -> String {
        let words = translated(line).words;
        shell_words::join(&words[1..])
    }

    #[test_case("build.sh" => "--framework vllm --target dev"; "defaults")]
    #[test_case("build.sh --framework TRTLLM --target runtime" => "--framework trtllm --target runtime"; "case")]
    #[test_case("build.sh --framework VLLM_NIXL --target a --target b" => "--framework vllm --target b"; "the last one")]
    #[test_case("build.sh --framework sglang --target dev --cuda-version 12.9.1" => "--framework sglang --target dev --cuda-version 12.9"; "cuda")]
    #[test_case("build.sh --framework none --target dev --cuda-version 13.0" => "--framework none --target dev"; "cuda without effect")]
    #[test_case("CUDA_VERSION=13.0 TARGET=runtime build.sh --target dev" => "--framework vllm --cuda-version 13.0 --target dev"; "variables")]
    #[test_case("MAKE_EFA=true ENABLE_MEDIA_NIXL=false CACHE_FROM='--cache-from x' build.sh --target dev" => "--framework vllm --make-efa --target dev"; "variables that are switches")]
    #[test_case("build.sh --target dev --tag a --tag b --build-context n=1 --build-context n=2" => "--framework vllm --target dev --tag a --tag b --build-context 'n=1' --build-context 'n=2'"; "whatever is repeated")]
    #[test_case("build.sh --target dev --build-arg 'A=b *' --build-arg GITHUB_TOKEN=t" => "--framework vllm --target dev --build-arg 'A=b *'"; "values and tokens")]
    #[test_case("build.sh --target dev --ci --release-build --push --push" => "--framework vllm --target dev --push"; "what is gone")]
    #[test_case("build.sh --target dev --sccache-bucket b --tensorrtllm-commit c" => "--framework vllm --target dev"; "what was ignored")]
    #[test_case("build.sh -?" => "--help"; "help")]
    fn a_line_of_build_sh_becomes(line: &str) -> String {
        words(line)
    }

    #[test]
    fn every_option_is_one_that_dynbuild_takes() {
        for row in OPTIONS.iter().filter(|row| row.original != "--help") {
            let value = match row.original {
                "--uid" | "--gid" | "--vllm-max-jobs" => "7",
                _ => "a=b",
            };
            let given = match row.takes {
                Takes::Nothing => String::new(),
                Takes::Last | Takes::All => format!(" {value}"),
            };
            let framework = "--framework trtllm --use-sccache";
            let line = format!("build.sh {framework} {}{given}", row.original);
            let words = translated(&line).words;
            let parsed = Cli::try_parse_from(&words);
            assert!(parsed.is_ok(), "{words:?}: {}", parsed.unwrap_err());
            if let Some(ours) = row.ours
                && row.original != "--cuda-version"
            {
                assert!(words.iter().any(|word| word == ours), "{words:?}");
            }
        }
    }

    #[test]
    fn what_differs_is_told_once() {
        let notes = translated("build.sh --framework vllm --target dev --tag a --tag b").notes;
        let told = notes.iter().filter(|note| note.starts_with("`--tag`"));
        assert_eq!(told.count(), 1, "{notes:?}");
    }

    #[test]
    fn tokens_are_not_printed() {
        let translation = translated("GITLAB_TOKEN=canary build.sh --build-arg HF_TOKEN=canary");
        assert!(!format!("{translation:?}").contains("canary"));
    }
}
