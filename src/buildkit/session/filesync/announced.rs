//! Files that have been announced and may be asked for.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::context::{Entry, Kind};

/// A file as it was when it was announced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Announced {
    /// The path below the directory.
    pub(super) path: Box<str>,
    /// Its size and modification time, by which a later change shows.
    pub(super) version: Version,
    /// Whether there is something to read; a socket stands for an empty file.
    pub(super) has_content: bool,
}

/// What changes when a file is written to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Version {
    pub(super) size: u64,
    pub(super) modified: i64,
}

impl Announced {
    /// Returns how an entry may be asked for, if it may.
    pub(super) fn new(entry: &Entry) -> Option<Self> {
        matches!(entry.kind, Kind::File | Kind::Socket).then(|| Self {
            path: entry.path.as_str().into(),
            version: Version {
                size: entry.size,
                modified: entry.modified,
            },
            has_content: entry.kind == Kind::File,
        })
    }
}

/// All files that have been announced and not been asked for, by number.
#[derive(Debug, Default)]
pub(super) struct AnnouncedFiles(Mutex<HashMap<u32, Announced>>);

impl AnnouncedFiles {
    /// Remembers a file.
    pub(super) fn add(&self, id: u32, file: Announced) {
        self.lock().insert(id, file);
    }

    /// Takes a file out, so that it is sent at most once.
    pub(super) fn take(&self, id: u32) -> Option<Announced> {
        self.lock().remove(&id)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<u32, Announced>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
