//! What can go wrong when a repository is read.

use std::path::PathBuf;

use thiserror::Error;

use crate::exit::Exit;
use crate::problem::Problem;

/// Why a repository cannot tell what is checked out.
#[derive(Debug, Error)]
pub enum GitError {
    /// The repository belongs to somebody else, and git refuses to trust it.
    #[error("The git repository at `{}` belongs to another user", path.display())]
    Owner {
        /// The top of its working tree.
        path: PathBuf,
    },
    /// The index has whole directories for entries.
    #[error("The git repository at `{}` has a sparse index, which libgit2 cannot read", path.display())]
    SparseIndex {
        /// The directory that was asked for.
        path: PathBuf,
    },
    /// libgit2 cannot read the repository.
    #[error("Cannot read the git repository at `{}`", path.display())]
    Unreadable {
        /// The directory that was asked for.
        path: PathBuf,
        /// What libgit2 says.
        #[source]
        source: git2::Error,
    },
}

impl From<GitError> for Problem {
    fn from(error: GitError) -> Self {
        let problem = Self::from_error(Exit::Usage, &error);
        match error {
            GitError::Owner { path } => {
                let path = path.display().to_string();
                let path = shell_words::quote(&path);
                problem.hint(format!(
                    "Trust it: `git config --global --add safe.directory {path}`"
                ))
            }
            GitError::SparseIndex { path } => {
                let path = path.display().to_string();
                let path = shell_words::quote(&path);
                problem.hint(format!(
                    "Write it out: `git -C {path} sparse-checkout reapply --no-sparse-index`"
                ))
            }
            GitError::Unreadable { path, .. } => {
                let path = path.display().to_string();
                let path = shell_words::quote(&path);
                problem.hint(format!("See what git says: `git -C {path} status`"))
            }
        }
    }
}
