//! Reading the files that the engine asks for.

use std::fs::{File, Metadata};
use std::io::{self, Read as _};
use std::os::unix::fs::MetadataExt as _;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::mpsc;

use super::announced::{Announced, Version};
use super::outbox::{Closed, Outbox};
use super::source::{Source, describe};
use super::transfer::{Transfer, TransferIssue};
use super::{memory, wire};
use crate::context::{ContextError, Root};

/// How many threads read; more do not make one connection faster.
pub(super) const READERS: usize = 3;

/// The bytes of one piece. Engines before BuildKit 0.13 refuse messages over 4 MiB.
const CHUNK: usize = 128 << 10;

/// A file that the engine asked for.
pub(super) type Wanted = (u32, Announced);

/// The requests that no reader has taken yet.
#[derive(Clone, Debug)]
pub(super) struct Queue(Arc<Mutex<mpsc::UnboundedReceiver<Wanted>>>);

impl Queue {
    pub(super) fn new(requests: mpsc::UnboundedReceiver<Wanted>) -> Self {
        Self(Arc::new(Mutex::new(requests)))
    }

    /// Takes a request if one is there. While another reader waits for one, none is.
    fn poll(&self) -> Option<Wanted> {
        self.0.try_lock().ok()?.try_recv().ok()
    }

    /// Waits for a request; the other readers wait behind this one.
    fn wait(&self) -> Option<Wanted> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .blocking_recv()
    }
}

/// Sends files until there are no more requests.
pub(super) fn run(
    queue: &Queue,
    source: &Source,
    transfer: &Transfer,
    mut outbox: Outbox,
) -> Result<(), Closed> {
    while let Some((id, file)) = next(queue, &mut outbox)? {
        match send(id, &file, source, transfer, &mut outbox) {
            Ok(()) => transfer.add_file(),
            Err(SendError::Closed(closed)) => return Err(closed),
            Err(SendError::Read(source)) => {
                let path = file.path.into();
                let error = ContextError::Read {
                    action: "read",
                    path,
                    source,
                };
                let message = describe(&error);
                transfer.add_issue(error);
                return Err(outbox.fail(&message));
            }
        }
    }
    outbox.flush()
}

/// Returns the next request; what has been collected leaves before a wait.
fn next(queue: &Queue, outbox: &mut Outbox) -> Result<Option<Wanted>, Closed> {
    if let Some(wanted) = queue.poll() {
        return Ok(Some(wanted));
    }
    outbox.flush()?;
    Ok(queue.wait())
}

enum SendError {
    Closed(Closed),
    Read(io::Error),
}

impl From<Closed> for SendError {
    fn from(closed: Closed) -> Self {
        Self::Closed(closed)
    }
}

impl From<io::Error> for SendError {
    fn from(error: io::Error) -> Self {
        Self::Read(error)
    }
}

fn send(
    id: u32,
    file: &Announced,
    source: &Source,
    transfer: &Transfer,
    outbox: &mut Outbox,
) -> Result<(), SendError> {
    match source {
        Source::Memory(files) => {
            let data = memory::find(files, &file.path).ok_or(io::ErrorKind::NotFound);
            for piece in data.map_err(io::Error::from)?.chunks(CHUNK) {
                transfer.add_bytes(piece.len());
                outbox.push(wire::data(id, piece.to_vec()))?;
            }
        }
        Source::Directory(root) if file.has_content => {
            if send_content(id, file, root, transfer, outbox)? != file.version {
                transfer.add_issue(TransferIssue::Changed {
                    path: file.path.to_string(),
                });
            }
        }
        Source::Directory(_) => {}
    }
    Ok(outbox.push(wire::end_of_file(id))?)
}

/// Sends what a file holds, and returns the version that was read.
fn send_content(
    id: u32,
    file: &Announced,
    root: &Root,
    transfer: &Transfer,
    outbox: &mut Outbox,
) -> Result<Version, SendError> {
    let mut content = root.open_file(&file.path)?;
    let mut size = 0;
    // One byte more than announced, so that the last read of most files finds the end.
    let expected = usize::try_from(file.version.size)
        .unwrap_or(CHUNK)
        .saturating_add(1);
    loop {
        let piece = read_piece(&mut content, expected.min(CHUNK))?;
        let is_last = piece.len() < expected.min(CHUNK);
        size += u64::try_from(piece.len()).unwrap_or_default();
        if !piece.is_empty() {
            transfer.add_bytes(piece.len());
            outbox.push(wire::data(id, piece))?;
        }
        if is_last {
            let modified = modified(&content.metadata()?);
            return Ok(Version { size, modified });
        }
    }
}

/// Reads until the piece is full or the file ends.
fn read_piece(content: &mut File, length: usize) -> io::Result<Vec<u8>> {
    let mut piece = Vec::with_capacity(length);
    let limit = u64::try_from(length).unwrap_or(u64::MAX);
    content.take(limit).read_to_end(&mut piece)?;
    Ok(piece)
}

fn modified(metadata: &Metadata) -> i64 {
    metadata
        .mtime()
        .saturating_mul(1_000_000_000)
        .saturating_add(metadata.mtime_nsec())
}
