//! Locks between programs that write to the same layout.

use std::path::Path;

use fs_err::File;
use rustix::fs::{FlockOperation, flock};

/// A lock on a directory, held until this is dropped.
///
/// Locks keep a clean-up from taking what others are about to use. Where the file system knows
/// none, as some network ones do, there is none, and clean-ups are left out.
#[derive(Debug)]
pub(in super::super) struct Lock(#[expect(dead_code, reason = "a guard")] Option<File>);

impl Lock {
    /// Waits until nobody holds it exclusively.
    pub(in super::super) fn shared(directory: &Path) -> Self {
        Self(lock(directory, FlockOperation::LockShared))
    }

    /// Waits until nobody holds it.
    pub(super) fn exclusive(directory: &Path) -> Self {
        Self(lock(directory, FlockOperation::LockExclusive))
    }

    /// Takes it if nobody holds it.
    pub(in super::super) fn if_free(directory: &Path) -> Option<Self> {
        let file = lock(directory, FlockOperation::NonBlockingLockExclusive);
        file.map(|file| Self(Some(file)))
    }
}

fn lock(directory: &Path, operation: FlockOperation) -> Option<File> {
    let file = File::open(directory).ok()?;
    flock(&file, operation).ok()?;
    Some(file)
}
