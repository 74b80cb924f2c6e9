//! `[[smoke]]`: commands that must succeed in an image before it is exported.

use std::time::Duration;

use schemars::JsonSchema;

use super::args::Args;
use super::pattern::Patterns;
use crate::docker::duration::GoDuration;
use crate::toml_file::{FileError, FromToml, Located, Node, Reader, choice};

/// A command that must end with 0 in the image. It runs in the build, before anything is exported,
/// for the images that match every given axis.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema)]
#[schemars(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Smoke {
    /// Program and arguments; no shell reads them.
    #[schemars(with = "Vec<String>", length(min = 1))]
    pub run: Located<Command>,
    /// The user, as in a Dockerfile; the image's own by default.
    pub user: Option<Located<String>>,
    /// Variables over those of the image.
    pub env: Args,
    /// What of the network the command reaches; nothing by default.
    pub network: Option<Located<SmokeNetwork>>,
    /// How long it may run, for example `90s`; five minutes by default.
    #[schemars(with = "Option<String>")]
    pub timeout: Option<Located<Timeout>>,
    /// Matches the framework's name.
    pub frameworks: Option<Patterns>,
    /// Matches the device.
    pub devices: Option<Patterns>,
    /// Matches the target.
    pub targets: Option<Patterns>,
    /// Matches the source of Dynamo.
    pub sources: Option<Patterns>,
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

impl FromToml for Smoke {
    fn from_toml(key: &str, node: &Node<'_>, reader: &mut Reader) -> Option<Self> {
        reader.require(key, node, "run");
        reader.table(key, node, |mut fields| {
            let run: Option<Located<Command>> = fields.take("run");
            let user = fields.take("user");
            let env = fields.take_or_default("env");
            let network = fields.take("network");
            let timeout = fields.take("timeout");
            let frameworks = fields.take("frameworks");
            let devices = fields.take("devices");
            let targets = fields.take("targets");
            let sources = fields.take("sources");
            fields.finish();
            Some(Self {
                run: run?,
                user,
                env,
                network,
                timeout,
                frameworks,
                devices,
                targets,
                sources,
            })
        })
    }
}

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
        let text = String::from_toml(key, node, reader)?;
        let duration = text
            .parse::<GoDuration>()
            .map_err(|error| error.to_string());
        let positive = duration.and_then(|duration| {
            let nanoseconds = u64::try_from(duration.get()).unwrap_or_default();
            if nanoseconds == 0 {
                return Err("it must be positive, for example `90s`".to_owned());
            }
            Ok(Self(Duration::from_nanos(nanoseconds)))
        });
        positive
            .map_err(|reason| {
                reader.report(FileError::InvalidValue {
                    what: "timeout",
                    value: text,
                    reason,
                    at: reader.at(node.span()),
                });
            })
            .ok()
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
