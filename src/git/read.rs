//! Reading what is checked out, by libgit2 or by git.

use std::path::Path;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use super::checkout::Checkout;
use super::error::GitError;
use super::library::{self, Reading};
use super::place::Place;
use super::program::GitProgram;
use super::repository::Failure;

/// How long a repository may take to be read. A FIFO or a dead file system in an odd place would
/// take for ever.
const LIMIT: Duration = Duration::from_secs(30);

impl Checkout {
    /// Reads what is checked out in `directory`, which may lie below the repository's top.
    pub fn read(directory: &Path, program: &GitProgram) -> Self {
        match Place::around(directory).and_then(|place| place.special_file(program)) {
            Some(path) => Self::Unreadable(GitError::SpecialFile(path)),
            None => in_time(directory, program),
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
    let read = reader.ok().and_then(|_| answered.recv_timeout(LIMIT).ok());
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
        (Err(Failure::NoRepository), _) => Checkout::NoRepository,
        (Err(Failure::Absent), Ok(reading)) => reading.checkout,
        // What git itself refuses is not for us to read.
        (Err(Failure::Absent), Err(error)) | (Err(Failure::Refused(error)), _) => {
            Checkout::Unreadable(error)
        }
    }
}
