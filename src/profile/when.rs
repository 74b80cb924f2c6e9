//! `[[when]]`: build arguments that hold only for some builds.

use schemars::JsonSchema;

use super::args::Args;
use super::pattern::Patterns;
use crate::toml_file::{FromToml, Node, Reader};

/// Build arguments of the builds that match every given axis; the last match wins.
#[derive(Clone, Debug, Default, PartialEq, Eq, JsonSchema)]
#[schemars(rename_all = "kebab-case", deny_unknown_fields)]
pub struct When {
    /// Matches the framework's name.
    pub framework: Option<Patterns>,
    /// Matches the device, for example `cuda13.*`.
    pub device: Option<Patterns>,
    /// Matches the target.
    pub target: Option<Patterns>,
    /// Matches each platform of the build, for example `linux/arm64`.
    pub platform: Option<Patterns>,
    /// Matches the source of Dynamo.
    pub source: Option<Patterns>,
    /// What is added.
    pub args: Args,
}

impl FromToml for When {
    fn from_toml(key: &str, node: &Node<'_>, reader: &mut Reader) -> Option<Self> {
        reader.table(key, node, |mut fields| {
            let when = Self {
                framework: fields.take("framework"),
                device: fields.take("device"),
                target: fields.take("target"),
                platform: fields.take("platform"),
                source: fields.take("source"),
                args: fields.take_or_default("args"),
            };
            fields.finish();
            Some(when)
        })
    }
}
