//! What can be wrong with a TOML file that people write.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

use super::source_file::Location;
use crate::problem::{Problem, ProblemKind};
use crate::suggest::closest;

/// One thing that is wrong with a file.
#[derive(Debug, Error)]
pub enum FileError {
    /// The file is not TOML.
    #[error("`{}` is not valid TOML: {reason}", at.file.name)]
    Syntax {
        /// What the TOML parser said.
        reason: String,
        /// Where it stopped understanding.
        at: Location,
    },
    /// A key that no table of this kind has.
    #[error("Unknown key `{key}` in {table}")]
    UnknownKey {
        /// The key as written.
        key: String,
        /// The table as people call it, for example `[targets.dev]`.
        table: String,
        /// The keys that the table may have.
        known: Vec<&'static str>,
        /// The key's place.
        at: Location,
    },
    /// A table lacks a key that it must have.
    #[error("`{table}` has no `{key}`")]
    MissingKey {
        /// The key.
        key: &'static str,
        /// The table as people call it.
        table: String,
        /// The table's place.
        at: Location,
    },
    /// A value of another kind than the key takes.
    #[error("`{key}` is {found}, but must be {expected}")]
    WrongType {
        /// The key as written.
        key: String,
        /// What was expected, with its article.
        expected: String,
        /// What was found, with its article.
        found: String,
        /// The value's place.
        at: Location,
    },
    /// A value of the right kind that is not one of those allowed.
    #[error("Unknown {what} `{value}`")]
    UnknownValue {
        /// What the value names, for example `target`.
        what: &'static str,
        /// The value as written.
        value: String,
        /// The values that would be right.
        valid: Vec<String>,
        /// The value's place.
        at: Location,
    },
    /// A value whose text does not follow the grammar of its key.
    #[error("Invalid {what} `{value}`: {reason}")]
    InvalidValue {
        /// What the value is, for example `image reference`.
        what: &'static str,
        /// The value as written.
        value: String,
        /// Which rule it breaks.
        reason: String,
        /// The value's place.
        at: Location,
    },
    /// Things that depend on each other in a cycle.
    #[error("{what} in a cycle: {}", chain.join(" → "))]
    Cycle {
        /// What depends on what, for example `Profiles inherit each other`.
        what: &'static str,
        /// The cycle, its first name repeated at the end.
        chain: Vec<String>,
        /// The link that closes it.
        at: Location,
    },
    /// A directory of profiles, or a file in it, cannot be read.
    #[error("Cannot read the profile `{}`", path.display())]
    Unreadable {
        /// The directory or file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
}

impl From<FileError> for Problem {
    fn from(error: FileError) -> Self {
        let problem = Self::from_error(ProblemKind::Usage, &error);
        match error {
            FileError::UnknownKey { key, known, at, .. } => with_choices(
                problem.excerpt(at.excerpt("no such key")),
                "Keys here",
                &key,
                &known,
            ),
            FileError::MissingKey { key, at, .. } => {
                problem.excerpt(at.excerpt(format!("no `{key}` here")))
            }
            FileError::WrongType { expected, at, .. } => {
                problem.excerpt(at.excerpt(format!("expected {expected}")))
            }
            FileError::UnknownValue {
                what,
                value,
                valid,
                at,
            } => with_choices(
                problem.excerpt(at.excerpt(format!("no such {what}"))),
                "Valid here",
                &value,
                &valid,
            ),
            FileError::Syntax { at, .. } => problem.excerpt(at.excerpt("here")),
            FileError::InvalidValue { what, at, .. } => {
                problem.excerpt(at.excerpt(format!("not a valid {what}")))
            }
            FileError::Cycle { at, .. } => problem
                .excerpt(at.excerpt("closes the cycle"))
                .hint("Remove one of these links"),
            FileError::Unreadable { .. } => problem,
        }
    }
}

impl FileError {
    /// Returns where the error is, if it is in a file's text.
    pub fn location(&self) -> Option<&Location> {
        match self {
            Self::Syntax { at, .. }
            | Self::UnknownKey { at, .. }
            | Self::MissingKey { at, .. }
            | Self::WrongType { at, .. }
            | Self::UnknownValue { at, .. }
            | Self::InvalidValue { at, .. }
            | Self::Cycle { at, .. } => Some(at),
            Self::Unreadable { .. } => None,
        }
    }
}

/// A list longer than this (the targets of a framework are fewer) is no help after a typo.
const SHORT_LIST: usize = 20;

/// Adds "did you mean" and, unless that answers it, the list of what would be valid.
pub(crate) fn with_choices<S: AsRef<str>>(
    problem: Problem,
    title: &str,
    word: &str,
    valid: &[S],
) -> Problem {
    let names = || valid.iter().map(AsRef::as_ref);
    let similar = closest(word, names());
    let problem = match similar {
        Some(name) => problem.hint(format!("Did you mean `{name}`?")),
        None => problem,
    };
    if valid.is_empty() || (similar.is_some() && valid.len() > SHORT_LIST) {
        return problem;
    }
    let list: Vec<String> = names().map(|name| format!("`{name}`")).collect();
    problem.hint(format!("{title}: {}", list.join(", ")))
}
