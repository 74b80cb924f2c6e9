//! What can be wrong with a layout.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

use crate::docker::digest::BlobDigest;
use crate::problem::{Problem, ProblemKind};

/// Why a directory cannot be used as an image layout.
#[derive(Debug, Error)]
pub enum LayoutError {
    /// It has files, but is no layout.
    #[error("`{}` is no image layout: it has files, but no `index.json`", directory.display())]
    NotALayout {
        /// The directory.
        directory: PathBuf,
    },
    /// There is nothing in it, or no directory.
    #[error("There is no image layout in `{}`", directory.display())]
    Empty {
        /// The directory.
        directory: PathBuf,
    },
    /// It has no image of that name.
    #[error("The image layout `{}` has no tag `{tag}`", directory.display())]
    NoTag {
        /// The directory.
        directory: PathBuf,
        /// The tag that was looked for.
        tag: String,
        /// The tags that there are.
        others: Vec<String>,
    },
    /// It, or something in it, cannot be read.
    #[error("Cannot read the image layout `{}`", directory.display())]
    Read {
        /// The directory.
        directory: PathBuf,
        /// Why, with the path.
        source: io::Error,
    },
    /// It cannot be written.
    #[error("Cannot write the image layout `{}`", directory.display())]
    Write {
        /// The directory.
        directory: PathBuf,
        /// Why, with the path.
        source: io::Error,
    },
    /// A text in it is not what it should be.
    #[error("`{}` is no image index or manifest", path.display())]
    Form {
        /// The file.
        path: PathBuf,
        /// Why.
        source: serde_json::Error,
    },
    /// It names something that it does not have.
    #[error("The image layout `{}` lacks `{digest}`", directory.display())]
    Missing {
        /// The directory.
        directory: PathBuf,
        /// What it lacks.
        digest: BlobDigest,
    },
    /// Something in it was changed.
    #[error("The image layout `{}` is damaged: `{digest}` has other bytes than its name says", directory.display())]
    Damaged {
        /// The directory.
        directory: PathBuf,
        /// What was changed.
        digest: BlobDigest,
    },
    /// The engine was asked for a cache, and what it wrote has no manifest.
    #[error("The engine wrote no manifest to the image layout `{}`", directory.display())]
    NoManifest {
        /// The directory.
        directory: PathBuf,
    },
}

impl From<LayoutError> for Problem {
    fn from(error: LayoutError) -> Self {
        let class = match error {
            LayoutError::Write { .. } | LayoutError::NoManifest { .. } => ProblemKind::Step,
            _ => ProblemKind::Usage,
        };
        let problem = Self::from_error(class, &error);
        match error {
            LayoutError::NotALayout { directory } => problem.hint(format!(
                "`{}` stays as it is; name a directory that a `--cache-to type=local,dest=…` wrote, \
                 or a new one",
                directory.display()
            )),
            LayoutError::NoTag { others, .. } if !others.is_empty() => {
                problem.hint(format!("It has `{}`", others.join("`, `")))
            }
            LayoutError::NoTag { .. } | LayoutError::Empty { .. } => {
                problem.hint("Write it with `--output type=oci,dest=-` and `tar -x`")
            }
            LayoutError::Read { .. } => {
                problem.hint("Check that it is a directory that you may read")
            }
            LayoutError::Write { .. } => {
                problem.hint("Name a directory that you may write and that has room")
            }
            LayoutError::Form { .. } | LayoutError::NoManifest { .. } => {
                problem.hint("Remove the directory and write it again")
            }
            LayoutError::Missing { directory, .. } | LayoutError::Damaged { directory, .. } => {
                problem.hint(format!(
                    "Remove it and write it again: `rm -r {}`",
                    shell_words::quote(&directory.display().to_string())
                ))
            }
        }
    }
}
