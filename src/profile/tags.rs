//! `[tags]`: templates of image names.

use schemars::JsonSchema;

use super::template::Template;
use crate::toml_file::{FromToml, Located, Merge, Node, Reader};

/// Templates of the names that an image gets.
#[derive(Clone, Debug, Default, PartialEq, Eq, JsonSchema)]
#[schemars(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Tags {
    /// The name that says the version.
    pub primary: Option<Located<Template>>,
    /// The name that moves along with every build; `--no-tag-latest` drops it.
    pub latest: Option<Located<Template>>,
}

impl FromToml for Tags {
    fn from_toml(key: &str, node: &Node<'_>, reader: &mut Reader) -> Option<Self> {
        reader.table(key, node, |mut fields| {
            let tags = Self {
                primary: fields.take("primary"),
                latest: fields.take("latest"),
            };
            fields.finish();
            Some(tags)
        })
    }
}

impl Merge for Tags {
    fn merge(self, parent: Self) -> Self {
        let Self { primary, latest } = self;
        Self {
            primary: primary.merge(parent.primary),
            latest: latest.merge(parent.latest),
        }
    }
}
