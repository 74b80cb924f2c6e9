//! What is checked out in a directory.

use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use jiff::Timestamp;

use super::error::GitError;
use super::library::{self, Reading};
use super::place::Place;
use super::program::{GitProgram, ProgramError};
use super::version::{Version, VersionOrigin};

/// How long a repository may take to be read. A FIFO or a dead file system in an odd place would
/// take for ever.
const LIMIT: Duration = Duration::from_secs(30);

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
    /// Reads what is checked out in `directory`, which may lie below the repository's top.
    pub fn read(directory: &Path, program: &GitProgram) -> Self {
        let Some(place) = Place::around(directory) else {
            return in_time(directory, program);
        };
        match place.special_file(program) {
            Some(path) => Self::Unreadable(GitError::SpecialFile { path }),
            None => in_time(directory, program),
        }
    }

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

/// Reads on a thread that is left behind when it takes too long: a blocked system call cannot be
/// stopped from within.
fn in_time(directory: &Path, program: &GitProgram) -> Checkout {
    let (answer, answered) = mpsc::channel();
    let (own_directory, own_program) = (directory.to_owned(), program.until(LIMIT));
    let reader = thread::Builder::new().spawn(move || {
        // Nobody listens any more if it took too long.
        drop(answer.send(read(&own_directory, &own_program)));
    });
    let read = match reader {
        Ok(_) => answered.recv_timeout(LIMIT).ok(),
        Err(_) => None,
    };
    read.unwrap_or_else(|| {
        Checkout::Unreadable(GitError::TimedOut {
            path: directory.to_owned(),
            limit: LIMIT,
        })
    })
}

fn read(directory: &Path, program: &GitProgram) -> Checkout {
    let own = library::read(directory, program);
    if let Ok(Reading {
        checkout,
        is_certain: true,
    }) = own
    {
        return checkout;
    }
    match (program.read(directory), own) {
        (Ok(checkout), _) => checkout,
        (Err(ProgramError::Absent), Ok(reading)) => reading.checkout,
        // What git itself refuses is not for us to read.
        (Err(ProgramError::Absent), Err(error)) | (Err(ProgramError::Refused(error)), _) => {
            Checkout::Unreadable(error)
        }
    }
}
