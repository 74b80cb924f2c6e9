//! `[targets.NAME]`: a stage that can be built.

use schemars::JsonSchema;

use super::pattern::Patterns;
use super::tags::Tags;
use crate::toml_file::{FromToml, Located, Merge, Node, Reader};

/// A stage, the fragment that holds it, and the targets whose fragments come before it.
#[derive(Clone, Debug, Default, PartialEq, Eq, JsonSchema)]
#[schemars(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Target {
    /// What the target is for, in a few words.
    pub description: Option<Located<String>>,
    /// The fragment below `dockerfiles/`, without `.Dockerfile`; the target's name by default.
    pub fragment: Option<Located<String>>,
    /// The targets whose fragments are joined before this one, each with its own needs.
    pub needs: Option<Vec<Located<String>>>,
    /// The name of the stage that is built; the target's name by default.
    pub stage: Option<Located<String>>,
    /// The frameworks that have this target; all by default.
    pub frameworks: Option<Patterns>,
    /// The devices that it can be built for; all by default.
    pub devices: Option<Patterns>,
    /// The platforms that it can be built for; all by default.
    pub platforms: Option<Patterns>,
    /// The sources of Dynamo that it can be built from; all by default.
    pub sources: Option<Patterns>,
    /// Image names of this target, where they differ from the profile's.
    pub tags: Tags,
}

impl FromToml for Target {
    fn from_toml(key: &str, node: &Node<'_>, reader: &mut Reader) -> Option<Self> {
        reader.table(key, node, |mut fields| {
            let target = Self {
                description: fields.take("description"),
                fragment: fields.take("fragment"),
                needs: fields.take("needs"),
                stage: fields.take("stage"),
                frameworks: fields.take("frameworks"),
                devices: fields.take("devices"),
                platforms: fields.take("platforms"),
                sources: fields.take("sources"),
                tags: fields.take_or_default("tags"),
            };
            fields.finish();
            Some(target)
        })
    }
}

impl Merge for Target {
    fn merge(self, parent: Self) -> Self {
        let Self {
            description,
            fragment,
            needs,
            stage,
            frameworks,
            devices,
            platforms,
            sources,
            tags,
        } = self;
        Self {
            description: description.merge(parent.description),
            fragment: fragment.merge(parent.fragment),
            needs: needs.merge(parent.needs),
            stage: stage.merge(parent.stage),
            frameworks: frameworks.merge(parent.frameworks),
            devices: devices.merge(parent.devices),
            platforms: platforms.merge(parent.platforms),
            sources: sources.merge(parent.sources),
            tags: tags.merge(parent.tags),
        }
    }
}
