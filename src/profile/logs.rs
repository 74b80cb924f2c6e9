//! `[logs]`: what is kept of the output of steps.

use schemars::JsonSchema;

use crate::toml_file::{FromToml, Located, Merge, Node, Reader};

/// What is kept of the output of steps.
#[derive(Clone, Debug, Default, PartialEq, Eq, JsonSchema)]
#[schemars(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Logs {
    /// Whether the whole output of a failed step is fetched; engines clip it at 2 MiB.
    pub complete: Option<Located<bool>>,
}

impl FromToml for Logs {
    fn from_toml(key: &str, node: &Node<'_>, reader: &mut Reader) -> Option<Self> {
        reader.table(key, node, |mut fields| {
            let logs = Self {
                complete: fields.take("complete"),
            };
            fields.finish();
            Some(logs)
        })
    }
}

impl Merge for Logs {
    fn merge(self, parent: Self) -> Self {
        let Self { complete } = self;
        Self {
            complete: complete.merge(parent.complete),
        }
    }
}
