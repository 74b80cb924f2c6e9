//! A secret that becomes a file of the container.

use std::path::PathBuf;

/// The directory of the container that has the files.
pub const SECRETS: &str = "/run/secrets";

/// A secret that becomes a file of the container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretFile {
    /// Its id, which is the name of the file.
    pub id: String,
    /// Where its value is when the container is started.
    pub source: SecretSource,
}

/// Where the value of a secret comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecretSource {
    /// A variable of dynrun's environment.
    Variable(String),
    /// A file of the host.
    File(PathBuf),
}

impl SecretFile {
    /// Returns the path in the container.
    pub fn target(&self) -> String {
        format!("{SECRETS}/{}", self.id)
    }

    /// Returns the name of the variable that holds the path: `HF_TOKEN_PATH` for `hf-token`, which
    /// is what Hugging Face's library reads; `NAME_FILE` for others, as is custom.
    pub fn variable(&self) -> String {
        let name = self.id.to_uppercase().replace(['-', '.'], "_");
        match name.as_str() {
            "HF_TOKEN" => "HF_TOKEN_PATH".to_owned(),
            _ => format!("{name}_FILE"),
        }
    }
}
