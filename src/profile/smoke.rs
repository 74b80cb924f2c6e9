//! `[[smoke]]`: commands that must succeed in an image before it is exported.

use std::time::Duration;

use super::args::Args;
use super::pattern::Patterns;
use crate::docker::duration::{DurationError, GoDuration};
use crate::toml_file::{FileError, FromToml, Located, Node, Reader, choice, keys};

keys! {
    /// A command that must end with 0 in the image. It runs in the build, before anything is exported,
    /// for the images that match every given axis.
    pub struct Smoke {
        /// Program and arguments; no shell reads them.
        #[schemars(with = "Vec<String>", length(min = 1))]
        run: Located<Command> = "run",
        /// The user, as in a Dockerfile; the image's own by default.
        user: Option<Located<String>> = "user",
        /// Variables over those of the image.
        env: Args = "env",
        /// What of the network the command reaches; nothing by default.
        network: Option<Located<SmokeNetwork>> = "network",
        /// How long it may run, for example `90s`; five minutes by default.
        #[schemars(with = "Option<String>")]
        timeout: Option<Located<Timeout>> = "timeout",
        /// Matches the framework's name.
        frameworks: Option<Patterns> = "frameworks",
        /// Matches the device.
        devices: Option<Patterns> = "devices",
        /// Matches the target.
        targets: Option<Patterns> = "targets",
        /// Matches the source of Dynamo.
        sources: Option<Patterns> = "sources",
    }
}

choice! {
    /// What of the network a command reaches.
    pub enum SmokeNetwork("network") {
        /// Nothing.
        None = "none",
        /// What build steps reach.
        Default = "default",
    }
}

/// A program and its arguments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command(pub Vec<String>);

/// A time limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeout(pub Duration);

impl FromToml for Command {
    fn from_toml(key: &str, node: &Node<'_>, reader: &mut Reader) -> Option<Self> {
        let words = Vec::<String>::from_toml(key, node, reader)?;
        if words.first().is_none_or(String::is_empty) {
            reader.report(FileError::InvalidValue {
                what: "command",
                value: format!("{words:?}"),
                reason: "it names no program".to_owned(),
                at: reader.at(node.span()),
            });
            return None;
        }
        Some(Self(words))
    }
}

impl FromToml for Timeout {
    fn from_toml(key: &str, node: &Node<'_>, reader: &mut Reader) -> Option<Self> {
        reader.parse(key, node, "timeout", |text| {
            let duration: GoDuration = text
                .parse()
                .map_err(|error: DurationError| error.to_string())?;
            match u64::try_from(duration.get()) {
                Ok(nanoseconds @ 1..) => Ok(Self(Duration::from_nanos(nanoseconds))),
                Ok(0) | Err(_) => Err("it must be positive, for example `90s`".to_owned()),
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::Profile;
    use crate::toml_file::SourceFile;

    fn read(text: &str) -> Result<Vec<Smoke>, String> {
        let profile = Profile::parse(&SourceFile::new("profiles/x.toml", text));
        profile.map(|profile| profile.smoke).map_err(|errors| {
            let lines: Vec<_> = errors.iter().map(ToString::to_string).collect();
            lines.join("\n")
        })
    }

    #[test]
    fn a_command_with_everything_is_read() {
        let smoke = read(
            "[[smoke]]\nrun = [\"python3\", \"-c\", \"import vllm\"]\nuser = \"12345:0\"\n\
             env = { A = 1 }\nnetwork = \"default\"\ntimeout = \"1m30s\"\ntargets = \"runtime\"\n",
        )
        .unwrap();
        let [smoke] = &smoke[..] else {
            panic!("{smoke:?}")
        };
        assert_eq!(smoke.run.value.0, ["python3", "-c", "import vllm"]);
        assert_eq!(smoke.network.as_ref().unwrap().value, SmokeNetwork::Default);
        assert_eq!(
            smoke.timeout.as_ref().unwrap().value.0,
            Duration::from_secs(90)
        );
        assert!(smoke.targets.as_ref().unwrap().matches("runtime"));
    }

    #[test]
    fn mistakes_are_reported_together() {
        let text = "[[smoke]]\nuser = \"x\"\n[[smoke]]\nrun = []\n[[smoke]]\nrun = [\"a\"]\n\
                    timeout = \"0s\"\n[[smoke]]\nrun = [\"a\"]\ntimeout = \"5\"\nnetwork = \"host\"\n";
        let told = read(text).unwrap_err();
        for expected in [
            "has no `run`",
            "Invalid command `[]`: it names no program",
            "Invalid timeout `0s`",
            "Invalid timeout `5`",
            "Unknown network `host`",
        ] {
            assert!(told.contains(expected), "{expected}: {told}");
        }
    }
}
