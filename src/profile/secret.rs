//! `[secrets.ID]`: where the value of a BuildKit secret is found. The value itself never is here.

use schemars::JsonSchema;

use crate::toml_file::{FromToml, Located, Merge, Node, Reader};

/// The place of a secret's value on the client: an environment variable or a file.
#[derive(Clone, Debug, Default, PartialEq, Eq, JsonSchema)]
#[schemars(rename_all = "kebab-case", deny_unknown_fields)]
pub struct SecretTable {
    /// The environment variable that holds the value.
    pub env: Option<Located<String>>,
    /// The file that holds it; `~/` is the user's home directory.
    pub file: Option<Located<String>>,
    /// Whether a build without it makes no sense; `false` by default: the secret is left out then.
    pub required: Option<Located<bool>>,
}

impl FromToml for SecretTable {
    fn from_toml(key: &str, node: &Node<'_>, reader: &mut Reader) -> Option<Self> {
        reader.table(key, node, |mut fields| {
            let secret = Self {
                env: fields.take("env"),
                file: fields.take("file"),
                required: fields.take("required"),
            };
            fields.finish();
            Some(secret)
        })
    }
}

impl Merge for SecretTable {
    /// The place is one value: a profile that names a file does not inherit a variable.
    fn merge(self, parent: Self) -> Self {
        let own_place = self.env.is_some() || self.file.is_some();
        let (env, file) = if own_place {
            (self.env, self.file)
        } else {
            (parent.env, parent.file)
        };
        Self {
            env,
            file,
            required: self.required.merge(parent.required),
        }
    }
}
