//! What can be wrong with a build context.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

use crate::docker::ignore::PatternError;
use crate::problem::{Problem, ProblemKind};

/// Something in a build context that cannot be read or sent.
#[derive(Debug, Error)]
pub enum ContextError {
    /// The directory itself cannot be opened.
    #[error("Cannot open the build context `{}`", path.display())]
    Open {
        /// The directory as it was given.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Something in it cannot be read.
    #[error("Cannot {action} `{path}` of the build context")]
    Read {
        /// What was tried, for example `list` or `read`.
        action: &'static str,
        /// The path below the context.
        path: String,
        /// Why.
        source: io::Error,
    },
    /// A file name that BuildKit's protocol cannot carry: its path, the bytes at fault escaped.
    #[error("`{0}` of the build context has a name that is not UTF-8")]
    NameNotUtf8(String),
    /// A symbolic link that BuildKit's protocol cannot carry.
    #[error("The symbolic link `{0}` of the build context points to a name that is not UTF-8")]
    TargetNotUtf8(String),
    /// A directory that is too deep inside.
    #[error("`{}…` of the build context is deeper than 512 directories", .0.chars().take(60).collect::<String>())]
    TooDeep(String),
    /// The ignore file cannot be read.
    #[error("Cannot read `{name}`")]
    IgnoreFile {
        /// The file as the user would name it.
        name: String,
        /// Why.
        source: io::Error,
    },
    /// A pattern is wrong.
    #[error("{}: {reason}", place(file, reason))]
    Pattern {
        /// The file that holds it, if it is in one.
        file: String,
        /// What is wrong.
        reason: PatternError,
    },
}

fn place(file: &str, error: &PatternError) -> String {
    match (file, error.rule().line) {
        ("", _) | (_, 0) => "A pattern of the build context".to_owned(),
        (file, line) => format!("{file}:{line}"),
    }
}

impl ContextError {
    /// Makes the error of something in a context that cannot be read; the empty path is its top.
    pub(super) fn reading(action: &'static str, path: &str) -> impl FnOnce(io::Error) -> Self {
        let path = if path.is_empty() { "." } else { path }.to_owned();
        move |source| Self::Read {
            action,
            path,
            source,
        }
    }

    /// Returns what fixes it.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Open { .. } => Some("Give an existing directory: `--context DIR`"),
            Self::Read { source, .. } if source.kind() == io::ErrorKind::PermissionDenied => {
                Some("Make it readable, or leave it out with a line in `.dockerignore`")
            }
            Self::NameNotUtf8(_) | Self::TargetNotUtf8(_) => {
                Some("Rename it, or leave it out with a line in `.dockerignore`")
            }
            Self::TooDeep(_) => Some("Leave it out with a line in `.dockerignore`"),
            Self::Read { .. } | Self::IgnoreFile { .. } | Self::Pattern { .. } => None,
        }
    }
}

impl From<ContextError> for Problem {
    fn from(error: ContextError) -> Self {
        let problem = Self::from_error(ProblemKind::Usage, &error);
        error.hint().into_iter().fold(problem, Self::hint)
    }
}
