//! One layout, as the engine sees it.

use std::collections::BTreeMap;
use std::fs::Metadata;
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tonic::Status;

use super::ingest::{Ingest, changed};
use super::proto::{Info, Timestamp};
use super::reading::Reading;
use crate::buildkit::layout::{Layout, LayoutError, Lock};
use crate::docker::digest::BlobDigest;

/// A layout that the engine reads, and perhaps writes. Clones share what is under way.
#[derive(Clone, Debug)]
pub(in super::super::super) struct ContentStore {
    layout: Layout,
    writing: Option<Arc<Writing>>,
    reading: Arc<Mutex<Reading>>,
}

/// What there is to know about a layout while it is written.
#[derive(Debug)]
struct Writing {
    /// By the engine's names for them.
    under_way: Mutex<BTreeMap<String, Progress>>,
    /// Tells apart what has one name, one after the other.
    next: AtomicU64,
    /// What the engine wrote, or wanted to write and found to be there already, in this order.
    written: Mutex<Vec<BlobDigest>>,
    _in_use: Lock,
}

/// How far a blob is that is being written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Progress {
    number: u64,
    pub(super) offset: u64,
    pub(super) total: u64,
    pub(super) expected: Option<BlobDigest>,
    pub(super) started_at: Timestamp,
    pub(super) updated_at: Timestamp,
}

impl ContentStore {
    /// Offers a layout for reading.
    pub(in super::super::super) fn readable(layout: Layout) -> Self {
        Self {
            layout,
            writing: None,
            reading: Arc::default(),
        }
    }

    /// Offers a layout for reading and writing, and removes what was left behind there.
    pub(in super::super::super) fn writable(layout: Layout) -> Self {
        if let Some(_alone) = Lock::if_free(&layout.ingest()) {
            // What cannot be removed is in nobody's way.
            layout.sweep().ok();
        }
        let writing = Writing {
            under_way: Mutex::default(),
            next: AtomicU64::new(0),
            written: Mutex::default(),
            _in_use: Lock::shared(&layout.ingest()),
        };
        Self {
            layout,
            writing: Some(Arc::new(writing)),
            reading: Arc::default(),
        }
    }

    pub(super) fn layout(&self) -> &Layout {
        &self.layout
    }

    /// Returns what the engine wrote or found, in its order.
    pub(in super::super::super) fn written(&self) -> Vec<BlobDigest> {
        let writing = self.writing.as_ref();
        writing.map_or_else(Vec::new, |writing| lock(&writing.written).clone())
    }

    /// Looks at what the engine reads, so that damage is known. It checks the bytes as well, but
    /// runs the steps again whose layers are wrong, and says nothing.
    pub(super) fn saw(&self, digest: &BlobDigest, offset: u64, data: &[u8], length: u64) {
        lock(&self.reading).saw(digest, offset, data, length);
    }

    /// Returns what the engine read that has other bytes than its name says.
    pub(super) fn damage(&self) -> Vec<LayoutError> {
        let reading = lock(&self.reading);
        let damaged = reading.damaged.iter().cloned();
        damaged.map(|digest| self.layout.damaged(digest)).collect()
    }

    pub(super) fn info(&self, digest: &BlobDigest) -> Result<Info, Status> {
        let metadata =
            fs_err::metadata(self.layout.blob(digest)).map_err(|error| failed(&error))?;
        Ok(info(digest, &metadata))
    }

    /// Returns all blobs.
    pub(super) fn list(&self) -> Result<Vec<Info>, Status> {
        let entries = match fs_err::read_dir(self.layout.blobs()) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(failed(&error)),
        };
        let mut list = Vec::new();
        for entry in entries {
            let name = entry.map_err(|error| failed(&error))?.file_name();
            // Whatever else may lie there is no blob.
            if let Ok(digest) = format!("sha256:{}", name.display()).parse() {
                list.push(self.info(&digest)?);
            }
        }
        Ok(list)
    }

    pub(super) fn delete(&self, digest: &BlobDigest) -> Result<(), Status> {
        self.writing()?;
        fs_err::remove_file(self.layout.blob(digest)).map_err(|error| failed(&error))
    }

    /// Begins to write a blob, which nobody else may be doing.
    pub(super) fn begin(&self, name: &str, total: u64) -> Result<(Ingest, Underway), Status> {
        let writing = self.writing()?;
        let mut under_way = lock(&writing.under_way);
        if under_way.contains_key(name) {
            return Err(Status::unavailable(format!("{name} is locked")));
        }
        let ingest = Ingest::start(&self.layout).map_err(|error| failed(&error))?;
        let now = ingest.changed().map_err(|error| failed(&error))?;
        let number = writing.next.fetch_add(1, Ordering::Relaxed);
        let progress = Progress {
            number,
            total,
            started_at: now,
            updated_at: now,
            ..Progress::default()
        };
        under_way.insert(name.to_owned(), progress);
        let place = Underway {
            name: name.to_owned(),
            number,
            writing: Arc::clone(writing),
        };
        Ok((ingest, place))
    }

    /// Returns whether a blob need not be written: it is there with the size that it should have.
    pub(super) fn has(&self, digest: &BlobDigest, total: u64) -> Result<bool, Status> {
        let size = self.layout.size(digest).map_err(|error| failed(&error))?;
        let there = size.is_some_and(|size| total == 0 || size == total);
        if there {
            self.note(digest)?;
        }
        Ok(there)
    }

    /// Remembers that a blob is there by the engine's will.
    pub(super) fn note(&self, digest: &BlobDigest) -> Result<(), Status> {
        lock(&self.writing()?.written).push(digest.clone());
        Ok(())
    }

    /// Returns what is under way.
    pub(super) fn under_way(&self) -> Result<BTreeMap<String, Progress>, Status> {
        Ok(lock(&self.writing()?.under_way).clone())
    }

    /// Forgets a blob that is being written; who writes it finds out.
    pub(super) fn abort(&self, name: &str) -> Result<(), Status> {
        let removed = lock(&self.writing()?.under_way).remove(name);
        removed.map(drop).ok_or_else(|| unknown(name))
    }

    fn writing(&self) -> Result<&Arc<Writing>, Status> {
        let refused = || Status::permission_denied("this store is for reading only");
        self.writing.as_ref().ok_or_else(refused)
    }
}

/// A place among what is under way, free again when this is dropped.
#[derive(Debug)]
pub(super) struct Underway {
    name: String,
    number: u64,
    writing: Arc<Writing>,
}

impl Underway {
    /// Returns how far it is, as [`Underway::update`] left it, unless it was aborted.
    pub(super) fn update(&self, update: impl FnOnce(&mut Progress)) -> Result<Progress, Status> {
        let mut under_way = lock(&self.writing.under_way);
        let progress = under_way.get_mut(&self.name);
        let progress = progress
            .filter(|progress| progress.number == self.number)
            .ok_or_else(|| Status::aborted(format!("{} was aborted", self.name)))?;
        update(progress);
        Ok(progress.clone())
    }
}

impl Drop for Underway {
    fn drop(&mut self) {
        let mut under_way = lock(&self.writing.under_way);
        let ours = |progress: &Progress| progress.number == self.number;
        if under_way.get(&self.name).is_some_and(ours) {
            under_way.remove(&self.name);
        }
    }
}

/// Turns what the file system says into what containerd's clients understand.
pub(super) fn failed(error: &io::Error) -> Status {
    match error.kind() {
        io::ErrorKind::NotFound => Status::not_found(error.to_string()),
        _ => Status::internal(format!("on the client: {error}")),
    }
}

pub(super) fn unknown(name: &str) -> Status {
    Status::not_found(format!("{name} is not being written"))
}

fn info(digest: &BlobDigest, metadata: &Metadata) -> Info {
    let changed = changed(metadata);
    Info {
        digest: digest.to_string(),
        size: metadata.len().try_into().unwrap_or(i64::MAX),
        created_at: Some(changed),
        updated_at: Some(changed),
        ..Info::default()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
