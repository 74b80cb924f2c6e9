//! What can be wrong with the file.

use crate::docker::hinted::Hinted;
use crate::docker::http_headers::HeaderError;

/// Why the configuration could not be read. Never holds a value of the file, because there may be
/// passwords in it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// It is no JSON.
    #[error("not JSON at line {line}, column {column}: {what}")]
    Json {
        /// The line, from 1.
        line: usize,
        /// The column, from 1.
        column: usize,
        /// What was expected there.
        what: String,
    },
    /// A value is of the wrong type.
    #[error("{place} is {found}, but must be {expected}")]
    Type {
        /// Where, as `` `auths.x.auth` ``.
        place: String,
        /// What is there: "a number".
        found: &'static str,
        /// What should be there.
        expected: &'static str,
    },
    /// A header cannot be sent.
    #[error(transparent)]
    Header(HeaderError),
}

impl ConfigError {
    /// Takes the place and the kind of a syntax error, which never quotes the text.
    pub(super) fn json(error: &serde_json::Error) -> Self {
        let text = error.to_string();
        let what = text.split(" at line ").next().unwrap_or_default();
        Self::Json {
            line: error.line(),
            column: error.column(),
            what: what.to_owned(),
        }
    }
}

impl Hinted for ConfigError {
    fn hint(&self) -> Option<String> {
        match self {
            Self::Json { .. } => {
                Some("correct it; `python3 -m json.tool FILE` shows the place".to_owned())
            }
            Self::Type { expected, .. } => Some(format!("write {expected} there, or remove it")),
            Self::Header(error) => error.hint(),
        }
    }
}
