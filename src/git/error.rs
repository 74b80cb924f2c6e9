//! Why a repository does not say what is checked out.

use std::path::PathBuf;
use std::time::Duration;

use thiserror::Error;

use crate::text::human_duration;

/// Why a repository does not say what is checked out.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum GitError {
    /// The repository, which `safe.directory` must name, belongs to somebody else, and git refuses to
    /// trust it.
    #[error("it belongs to another user")]
    Owner(PathBuf),
    /// A file of the repository is a FIFO or a device.
    #[error("`{}` is not a regular file", .0.display())]
    SpecialFile(PathBuf),
    /// `.git` points to a place that does not exist.
    #[error("`{}` points to `{}`, which does not exist", file.display(), target.display())]
    Dangling {
        /// The `.git` file.
        file: PathBuf,
        /// Where it points to.
        target: PathBuf,
    },
    /// It took too long.
    #[error("git did not answer within {}", human_duration(*limit))]
    TimedOut {
        /// The directory that was asked for.
        path: PathBuf,
        /// How long it may take.
        limit: Duration,
    },
    /// libgit2 cannot read the repository, and there is no git program.
    #[error("{reason}")]
    Library {
        /// The directory that was asked for.
        path: PathBuf,
        /// What libgit2 says.
        reason: String,
    },
    /// git itself cannot read the repository.
    #[error("{reason}")]
    Program {
        /// The directory that was asked for.
        path: PathBuf,
        /// What git says.
        reason: String,
    },
}

impl GitError {
    /// Returns what the user can do about it, as an action.
    pub fn fix(&self) -> String {
        match self {
            Self::Owner(path) => {
                let path = quoted(path);
                format!("Trust it: `git config --global --add safe.directory {path}`")
            }
            Self::SpecialFile(path) => format!("Remove it: `rm {}`", quoted(path)),
            Self::Dangling { file, .. } => format!(
                "Repair it where the repository is: `git worktree repair`, or remove `{}`",
                file.display()
            ),
            Self::Library { .. } => "Install git, which reads such a repository".to_owned(),
            Self::TimedOut { path, .. } | Self::Program { path, .. } => {
                format!("See what git says: `git -C {} status`", quoted(path))
            }
        }
    }
}

fn quoted(path: &std::path::Path) -> String {
    let path = path.display().to_string();
    shell_words::quote(&path).into_owned()
}
