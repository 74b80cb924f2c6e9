//! `[secrets.ID]`: where the value of a BuildKit secret is found. The value itself never is here.

use crate::toml_file::{Located, table};

table! {
    /// The place of a secret's value on the client: an environment variable or a file.
    pub struct SecretTable: passed_on {
        /// The environment variable that holds the value.
        env: Option<Located<String>> = "env",
        /// The file that holds it; `~/` is the user's home directory.
        file: Option<Located<String>> = "file",
        /// Whether a build without it makes no sense; `false` by default: the secret is left out then.
        required: Option<Located<bool>> = "required",
    }
}

impl SecretTable {
    /// Returns whether a build without it makes no sense.
    pub fn is_required(&self) -> bool {
        self.required
            .as_ref()
            .is_some_and(|required| required.value)
    }

    /// The place is one value: a profile that names a file does not inherit a variable.
    fn passed_on(&self, parent: Self) -> Self {
        if self.env.is_none() && self.file.is_none() {
            return parent;
        }
        Self {
            env: None,
            file: None,
            ..parent
        }
    }
}
