//! `[features.NAME]`: a switch of a build, `--enable NAME` and `--disable NAME`.

use schemars::JsonSchema;

use super::pattern::Patterns;
use crate::toml_file::{FromToml, Located, Merge, Node, Reader};

/// A switch that reaches a stage as a build argument, `true` or `false`.
#[derive(Clone, Debug, Default, PartialEq, Eq, JsonSchema)]
#[schemars(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Feature {
    /// What the feature adds, in a few words.
    pub description: Option<Located<String>>,
    /// Whether it is on without a flag; off by default.
    pub default: Option<Located<bool>>,
    /// The build argument; by default `ENABLE_` and the name in upper case with `_` for `-`.
    pub arg: Option<Located<String>>,
    /// The frameworks that have it; all by default.
    pub frameworks: Option<Patterns>,
    /// The devices that it exists on; all by default.
    pub devices: Option<Patterns>,
    /// The platforms that it exists on; all by default.
    pub platforms: Option<Patterns>,
    /// The targets that it changes; all by default.
    pub targets: Option<Patterns>,
    /// The sources of Dynamo that it works with; all by default.
    pub sources: Option<Patterns>,
}

impl FromToml for Feature {
    fn from_toml(key: &str, node: &Node<'_>, reader: &mut Reader) -> Option<Self> {
        reader.table(key, node, |mut fields| {
            let feature = Self {
                description: fields.take("description"),
                default: fields.take("default"),
                arg: fields.take("arg"),
                frameworks: fields.take("frameworks"),
                devices: fields.take("devices"),
                platforms: fields.take("platforms"),
                targets: fields.take("targets"),
                sources: fields.take("sources"),
            };
            fields.finish();
            Some(feature)
        })
    }
}

impl Merge for Feature {
    fn merge(self, parent: Self) -> Self {
        let Self {
            description,
            default,
            arg,
            frameworks,
            devices,
            platforms,
            targets,
            sources,
        } = self;
        Self {
            description: description.merge(parent.description),
            default: default.merge(parent.default),
            arg: arg.merge(parent.arg),
            frameworks: frameworks.merge(parent.frameworks),
            devices: devices.merge(parent.devices),
            platforms: platforms.merge(parent.platforms),
            targets: targets.merge(parent.targets),
            sources: sources.merge(parent.sources),
        }
    }
}
