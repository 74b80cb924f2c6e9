//! What is checked out in a directory.

use std::path::PathBuf;

use jiff::Timestamp;

use super::error::GitError;
use super::version::{Version, VersionOrigin};

/// What git knows about a directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Checkout {
    /// The directory is in no repository.
    NoRepository,
    /// The repository has no commit yet.
    NoCommit,
    /// A commit is checked out.
    At(SourceRevision),
    /// There is a repository, which cannot be read.
    Unreadable(GitError),
}

/// A commit and its surroundings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceRevision {
    /// The top directory of the working tree; the repository itself if it is bare.
    pub root: PathBuf,
    /// The commit, 40 or 64 hexadecimal digits.
    pub commit: String,
    /// The commit, abbreviated as git does.
    pub short_commit: String,
    /// When it was committed.
    pub committed_at: Timestamp,
    /// Whether files that git tracks differ from the commit.
    pub dirty: bool,
    /// The branch; `None` on a detached HEAD.
    pub branch: Option<String>,
    /// The version.
    pub version: Version,
    /// Where the repository comes from, without credentials.
    pub remote: Option<String>,
    /// Whether history was cut off, so that tags may be missing.
    pub shallow: bool,
}

impl Checkout {
    /// Returns the commit that is checked out, if there is one.
    pub fn revision(&self) -> Option<&SourceRevision> {
        match self {
            Self::At(revision) => Some(revision),
            Self::NoRepository | Self::NoCommit | Self::Unreadable(_) => None,
        }
    }
}

impl SourceRevision {
    /// Returns the version as image names say it: `v1.2.0`, or `v1.2.0.dev.0a1b2c3` between
    /// releases, with `.dirty` at the end if the tree has changes.
    pub fn describe(&self) -> String {
        let dirty = if self.dirty { ".dirty" } else { "" };
        let number = &self.version.number;
        match self.version.origin {
            VersionOrigin::ExactTag(_) => format!("v{number}{dirty}"),
            VersionOrigin::ReleaseBranch(_)
            | VersionOrigin::HighestTag(_)
            | VersionOrigin::Nothing => {
                format!("v{number}.dev.{}{dirty}", self.short_commit)
            }
        }
    }
}
