//! `[cache]`: where layers are imported from and exported to.

use schemars::JsonSchema;

use super::template::Template;
use crate::toml_file::{FromToml, Located, Merge, Node, Reader};

/// Cache sources and destinations in docker's grammar, for example `type=registry,ref=…`.
#[derive(Clone, Debug, Default, PartialEq, Eq, JsonSchema)]
#[schemars(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Cache {
    /// Where layers are imported from; templates as in `[tags]`.
    pub from: Option<Vec<Located<Template>>>,
    /// Where layers are exported to; templates as in `[tags]`.
    pub to: Option<Vec<Located<Template>>>,
}

impl FromToml for Cache {
    fn from_toml(key: &str, node: &Node<'_>, reader: &mut Reader) -> Option<Self> {
        reader.table(key, node, |mut fields| {
            let cache = Self {
                from: fields.take("from"),
                to: fields.take("to"),
            };
            fields.finish();
            Some(cache)
        })
    }
}

impl Merge for Cache {
    fn merge(self, parent: Self) -> Self {
        let Self { from, to } = self;
        Self {
            from: from.merge(parent.from),
            to: to.merge(parent.to),
        }
    }
}
