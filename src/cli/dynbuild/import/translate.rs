//! Saying in dynbuild's words what was said to build.sh.

use super::arguments::{Became, became};
use super::image::{Image, base, runtime, vllm_tag};
use super::table::{Row, SAME, Takes, find};
use super::words::{Line, Said};
use crate::cli::dynbuild::leaks::LEAKS;
use crate::docker::reference::has_variable;
use crate::profile::{FormerName, former_name};

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
    translator.take_old_targets();
    translator.add_defaults();
    translator.take_old_framework();
    translator.take_arguments();
    translator.take_base_image();
    translator.drop_what_build_sh_ignored();
    translator.note_cuda();
    translator.finish()
}

/// Says build arguments of the original Dockerfiles in dynbuild's words, each as `NAME=VALUE`; what
/// became of those that are no more is in the notes.
pub(super) fn build_arguments(
    framework: &str,
    arguments: Vec<String>,
) -> (Vec<String>, Vec<String>) {
    let mut translator = Translator {
        said: Vec::new(),
        notes: Vec::new(),
    };
    translator.say("--framework", framework);
    for argument in arguments {
        translator.say("--build-arg", &argument);
    }
    translator.take_arguments();
    translator
        .said
        .retain(|said| said.row.original != "--framework");
    let words = translator.words(false);
    (words, translator.notes)
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

    /// Options that chose what is a target now.
    fn take_old_targets(&mut self) {
        if self.last("--dev-image").is_some() {
            self.said.retain(|said| said.row.original != "--target");
            self.say("--target", "local-dev");
        } else if self.last("--release-build").is_some() && self.last("--target").is_none() {
            self.say("--target", "runtime");
        }
    }

    /// The framework of the KV block manager alone, which was there in August 2025.
    fn take_old_framework(&mut self) {
        let asked = self.last("--framework").unwrap_or_default();
        if asked.eq_ignore_ascii_case("kvbm") {
            self.say("--enable-kvbm", "");
        }
    }

    /// Says the build arguments that are options, other arguments, or nothing now.
    fn take_arguments(&mut self) {
        for said in std::mem::take(&mut self.said) {
            match said.value.split_once('=') {
                Some((name, value)) if said.row.original == "--build-arg" => {
                    let (name, value) = (name.to_owned(), value.to_owned());
                    self.take_argument(&name, &value, said);
                }
                _ => self.said.push(said),
            }
        }
    }

    fn take_argument(&mut self, name: &str, value: &str, said: Said) {
        let framework = self.framework();
        match (name, became(name)) {
            ("RUNTIME_IMAGE" | "RUNTIME_IMAGE_TAG", _) => match runtime(&framework, value) {
                Image::Cuda(version) => self.take_cuda_image(name, value, version),
                Image::Same | Image::Pytorch => self.said.push(said),
            },
            ("BASE_IMAGE" | "BASE_IMAGE_TAG", _) if base(&framework, value) == Image::Pytorch => {
                let released = self.takes_released_trtllm();
                self.take_pytorch(name, value, released);
            }
            ("VLLM_REF", _) => self.take_vllm(value),
            (_, None) => self.said.push(said),
            (_, Some(Became::Option("--cuda-version")))
                if self.last("--cuda-version").is_some() => {}
            (_, Some(Became::Option(option))) => {
                self.notes.push(format!(
                    "The build argument `{name}` is the option `{option}`"
                ));
                self.say(option, value);
            }
            (_, Some(Became::Switch(option))) => self.take_switch(name, option, value),
            (_, Some(Became::Argument(new))) => {
                self.notes
                    .push(format!("The build argument `{name}` is called `{new}`"));
                self.say("--build-arg", &format!("{new}={value}"));
            }
            (_, Some(Became::Nothing(why))) => self
                .notes
                .push(format!("The build argument `{name}` is left out: {why}")),
        }
    }

    /// The options switch on; what is off by default needs no word.
    fn take_switch(&mut self, name: &str, option: &str, value: &str) {
        if value.eq_ignore_ascii_case("true") || value == "1" {
            self.say(option, "");
        } else {
            let feature = option.trim_start_matches("--enable-");
            self.notes.push(format!(
                "The build argument `{name}` is left out; `--disable {feature}` switches it off"
            ));
        }
    }

    /// The runtime of an engine started from CUDA's image.
    fn take_cuda_image(&mut self, name: &str, value: &str, version: Option<String>) {
        self.notes.push(format!(
            "`{name}={value}` is left out: the runtime starts from the engine's own image, which \
             the device chooses"
        ));
        if let Some(version) = version
            && self.framework() != "trtllm"
            && self.last("--cuda-version").is_none()
        {
            self.say("--cuda-version", &version);
        }
    }

    /// TensorRT-LLM was installed on the image of `PyTorch`, and still is where it comes as a wheel.
    fn take_pytorch(&mut self, name: &str, value: &str, released: bool) {
        let (image, tag) = match value.rsplit_once(':') {
            Some((image, tag)) if name == "BASE_IMAGE" => (Some(image), Some(tag)),
            _ if name == "BASE_IMAGE" => (Some(value), None),
            _ => (None, Some(value)),
        };
        if released {
            return self.notes.push(format!(
                "`{name}={value}` is left out: TensorRT-LLM comes as its released image, which has \
                 its PyTorch"
            ));
        }
        for (argument, value) in [("PYTORCH_IMAGE", image), ("PYTORCH_IMAGE_TAG", tag)] {
            if let Some(value) = value {
                self.say("--build-arg", &format!("{argument}={value}"));
            }
        }
        self.notes.push(format!(
            "`{name}={value}` is PyTorch's image, on which TensorRT-LLM's wheel is installed"
        ));
    }

    /// Returns whether TensorRT-LLM comes as its released image: nothing says otherwise.
    fn takes_released_trtllm(&self) -> bool {
        !self
            .said
            .iter()
            .any(|said| said.row.original.starts_with("--tensorrtllm-"))
    }

    fn take_base_image(&mut self) {
        let framework = self.framework();
        let released = self.takes_released_trtllm();
        for said in std::mem::take(&mut self.said) {
            let name = match said.row.original {
                "--base-image" => "BASE_IMAGE",
                "--base-image-tag" => "BASE_IMAGE_TAG",
                _ => {
                    self.said.push(said);
                    continue;
                }
            };
            if base(&framework, &said.value) == Image::Pytorch {
                self.take_pytorch(name, &said.value, released);
            } else {
                self.said.push(said);
            }
        }
    }

    /// vLLM was compiled from its sources, and comes as its released image now.
    fn take_vllm(&mut self, reference: &str) {
        match vllm_tag(reference) {
            Some(tag) => {
                self.notes.push(format!(
                    "`VLLM_REF={reference}` is the tag of vLLM's own image, which the runtime \
                     starts from; other devices than the default have tags of their own"
                ));
                self.say("--build-arg", &format!("RUNTIME_IMAGE_TAG={tag}"));
            }
            None => self.notes.push(format!(
                "`VLLM_REF={reference}` is left out: vLLM comes as its released image; name one \
                 with `--build-arg RUNTIME_IMAGE=…` and `--build-arg RUNTIME_IMAGE_TAG=…`"
            )),
        }
    }

    /// Says what became of the default.
    fn note_cuda(&mut self) {
        if self.last("--cuda-version").is_some() || self.last("--help").is_some() {
            return;
        }
        match self.framework().as_str() {
            "vllm" | "sglang" => self.notes.push(
                "build.sh built for CUDA 12.9, and this line for 13.0; `--cuda-version 12.9` keeps \
                 the older one"
                    .to_owned(),
            ),
            "none" | "dynamo" => self.notes.push(
                "build.sh built on a CUDA image, and this line for any machine; `--device \
                 cuda13.0` takes one"
                    .to_owned(),
            ),
            _ => {}
        }
    }

    fn framework(&self) -> String {
        self.last("--framework").map(framework).unwrap_or_default()
    }

    fn say(&mut self, option: &str, value: &str) {
        if let Some(row) = find(option) {
            self.said.push(Said {
                row,
                value: value.to_owned(),
            });
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
        let framework = self.framework();
        let sccache = self.last("--use-sccache").is_some();
        let target = self.last("--target").unwrap_or_default().to_owned();
        let mut dropped = Vec::new();
        self.said.retain(|said| {
            let option = said.row.original;
            let ignored = match option {
                "--cuda-version" => !["vllm", "sglang"].contains(&framework.as_str()),
                "--sccache-bucket" | "--sccache-region" => !sccache,
                "--uid" | "--gid" => !has_variable(&target) && target != "local-dev",
                option => option.starts_with("--tensorrtllm-") && framework != "trtllm",
            };
            if ignored {
                dropped.push(option);
            }
            !ignored
        });
        for option in dropped {
            let why = match option {
                "--sccache-bucket" | "--sccache-region" => "without `--use-sccache`".to_owned(),
                "--uid" | "--gid" => format!("for target `{target}`"),
                _ => format!("for framework `{framework}`"),
            };
            self.notes
                .push(format!("`{option}` is left out: it had no effect {why}"));
        }
    }

    fn note_name(&mut self) {
        let asked = self.last("--framework").unwrap_or_default().to_lowercase();
        if let Some(FormerName { now, why }) = former_name(&asked) {
            self.notes
                .push(format!("The framework `{asked}` is `{now}`, {why}"));
        }
    }

    fn last(&self, option: &str) -> Option<&str> {
        let mut said = self.said.iter().rev();
        let found = said.find(|said| said.row.original == option)?;
        Some(&found.value)
    }

    fn finish(mut self) -> Translation {
        let mut words = vec!["dynbuild".to_owned()];
        words.extend(self.words(true));
        let needs_cuda = ["none", "dynamo"].contains(&self.framework().as_str());
        if needs_cuda && self.last("--make-efa").is_some() {
            words.extend(["--device", "cuda13.0"].map(str::to_owned));
        }
        if !words.contains(&"--help".to_owned()) {
            words.extend(["--source", "tree"].map(str::to_owned));
        }
        self.note_name();
        Translation {
            words,
            notes: self.notes,
        }
    }

    /// Returns the options in dynbuild's words; notes what differs if that is wanted.
    fn words(&mut self, notes_differences: bool) -> Vec<String> {
        let mut words = Vec::new();
        let mut told: Vec<&str> = Vec::new();
        for (at, Said { row, value }) in self.said.iter().enumerate() {
            let mut later = self.said[at + 1..].iter();
            let again = later.any(|later| later.row.original == row.original);
            if again && row.takes != Takes::All {
                continue;
            }
            if !told.contains(&row.original) {
                told.push(row.original);
                if notes_differences && row.note != SAME {
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
        words
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
        "--cuda-version" => cuda_version(value),
        _ => value.to_owned(),
    }
}

/// Returns the version of CUDA that build.sh took: it had images of one version 13, and took those of
/// 12.9 for everything else.
fn cuda_version(asked: &str) -> String {
    match asked {
        asked if has_variable(asked) => asked,
        asked if asked.starts_with("13.") => "13.0",
        _ => "12.9",
    }
    .to_owned()
}

/// Returns the name of a framework; some had others once. A variable stays one.
pub(super) fn framework(name: &str) -> String {
    if has_variable(name) {
        return name.to_owned();
    }
    let name = name.to_lowercase();
    former_name(&name).map_or(name, |former| former.now.to_owned())
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;
    use test_case::test_case;

    use super::super::call::Call;
    use super::super::table::OPTIONS;
    use super::super::words::{read, split};
    use super::*;
    use crate::cli::dynbuild::args::Cli;

    fn translated(line: &str) -> Translation {
        translate(read(Call::find(&split(line).unwrap()).unwrap()).unwrap())
    }

    fn words(line: &str) -> String {
        let words = translated(line).words;
        shell_words::join(&words[1..])
    }

    #[test_case("build.sh" => "--framework vllm --target dev --source tree"; "defaults")]
    #[test_case("build.sh --framework $FW" => "--target dev --framework '$FW' --source tree"; "a variable")]
    #[test_case("build.sh --framework %FW%" => "--target dev --framework '%FW%' --source tree"; "a variable of Windows")]
    #[test_case("build.sh --framework TRTLLM --target runtime" => "--framework trtllm --target runtime --source tree"; "case")]
    #[test_case("build.sh --framework VLLM_NIXL --target a --target b" => "--framework vllm --target b --source tree"; "the last one")]
    #[test_case("build.sh --framework sglang --target dev --cuda-version 12.9.1" => "--framework sglang --target dev --cuda-version 12.9 --source tree"; "cuda")]
    #[test_case("build.sh --framework none --target dev --cuda-version 13.0" => "--framework none --target dev --source tree"; "cuda without effect")]
    #[test_case("CUDA_VERSION=13.0 TARGET=runtime build.sh --target dev" => "--framework vllm --cuda-version 13.0 --target dev --source tree"; "variables")]
    #[test_case("MAKE_EFA=true ENABLE_MEDIA_NIXL=false CACHE_FROM='--cache-from x' build.sh --target dev" => "--framework vllm --make-efa --target dev --source tree"; "variables that are switches")]
    #[test_case("build.sh --target dev --tag a --tag b --build-context n=1 --build-context n=2" => "--framework vllm --target dev --tag a --tag b --build-context 'n=1' --build-context 'n=2' --source tree"; "whatever is repeated")]
    #[test_case("build.sh --target dev --build-arg 'A=b *' --build-arg GITHUB_TOKEN=t" => "--framework vllm --target dev --build-arg 'A=b *' --source tree"; "values and tokens")]
    #[test_case("build.sh --target dev --ci --release-build --push --push" => "--framework vllm --target dev --push --source tree"; "what is gone")]
    #[test_case("build.sh --target dev --sccache-bucket b --tensorrtllm-commit c" => "--framework vllm --target dev --source tree"; "what was ignored")]
    #[test_case("build.sh -?" => "--help"; "help")]
    #[test_case("build.sh --target dev --cuda-version 12.8" => "--framework vllm --target dev --cuda-version 12.9 --source tree"; "another cuda 12")]
    #[test_case("build.sh --target dev --cuda-version 13.1.0" => "--framework vllm --target dev --cuda-version 13.0 --source tree"; "another cuda 13")]
    #[test_case("build.sh --framework KVBM --target dev" => "--framework none --target dev --enable-kvbm --source tree"; "the KV block manager alone")]
    #[test_case("build.sh --framework none --target dev --make-efa" => "--framework none --target dev --make-efa --device cuda13.0 --source tree"; "EFA wants CUDA")]
    #[test_case("build.sh --target runtime --uid 1 --gid 2" => "--framework vllm --target runtime --source tree"; "ids without a user")]
    #[test_case("build.sh --target dev --framework TENSORRTLLM --skip-clone-tensorrtllm 1" => "--target dev --framework trtllm --source tree"; "an option of 2025")]
    #[test_case("build.sh --target dev --dev-image dynamo:old" => "--framework vllm --target local-dev --source tree"; "a dev image")]
    #[test_case("build.sh --release-build --framework sglang-wideep" => "--framework sglang --target runtime --source tree"; "a release of wide ep")]
    #[test_case("build.sh --framework STANDARD --target dev" => "--framework none --target dev --source tree"; "standard")]
    #[test_case("build.sh --target dev --build-arg RUNTIME_IMAGE_TAG=13.0.2-runtime-ubuntu24.04" => "--framework vllm --target dev --cuda-version 13.0 --source tree"; "an image of cuda")]
    #[test_case("build.sh --target dev --framework sglang --build-arg RUNTIME_IMAGE_TAG=v0.5.8-runtime" => "--target dev --framework sglang --build-arg 'RUNTIME_IMAGE_TAG=v0.5.8-runtime' --source tree"; "an image of the engine")]
    #[test_case("build.sh --target dev --build-arg VLLM_REF=v0.14.1 --build-arg CUDA_VERSION=13.0" => "--framework vllm --target dev --build-arg 'RUNTIME_IMAGE_TAG=v0.14.1' --cuda-version 13.0 --source tree"; "a ref of vllm")]
    #[test_case("build.sh --target dev --build-arg ENABLE_KVBM=true --build-arg NIXL_UCX_REF=v1.20 --build-arg VLLM_MAX_JOBS=4" => "--framework vllm --target dev --enable-kvbm --vllm-max-jobs 4 --source tree"; "arguments that are options")]
    #[test_case("build.sh --target dev --framework trtllm --base-image-tag 25.12-py3" => "--target dev --framework trtllm --source tree"; "pytorch below a released image")]
    #[test_case("build.sh --target dev --framework trtllm --base-image-tag 25.12-py3 --tensorrtllm-pip-wheel-dir w" => "--target dev --framework trtllm --build-arg 'PYTORCH_IMAGE_TAG=25.12-py3' --tensorrtllm-pip-wheel-dir w --source tree"; "pytorch below a wheel")]
    #[test_case("cd dynamo && ./container/build.sh --framework vllm;" => "--target dev --framework vllm --source tree"; "a line with more commands")]
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
            let framework = "--framework trtllm --target local-dev --use-sccache";
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
