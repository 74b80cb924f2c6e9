//! The call that writes a blob: message by message, each with an answer.

use tonic::{Status, Streaming};

use super::ingest::Ingest;
use super::proto::{WriteAction, WriteRequest, WriteResponse};
use super::store::{ContentStore, Progress, Underway, failed};
use crate::docker::digest::BlobDigest;

/// One such call.
///
/// What is not committed when it ends is gone: the engine then sends all of it again. So nothing
/// half-written outlives us.
pub(super) struct Write {
    store: ContentStore,
    requests: Streaming<WriteRequest>,
    open: Option<Open>,
    committed: bool,
}

impl Write {
    pub(super) fn new(store: ContentStore, requests: Streaming<WriteRequest>) -> Self {
        Self {
            store,
            requests,
            open: None,
            committed: false,
        }
    }

    /// Waits for the next message and answers it; the last one is the one that commits.
    pub(super) async fn answer(&mut self) -> Result<Option<WriteResponse>, Status> {
        if self.committed {
            return Ok(None);
        }
        let Some(request) = self.requests.message().await? else {
            return Ok(None);
        };
        let store = self.store.clone();
        let open = self.open.take();
        let step = tokio::task::spawn_blocking(move || step(&store, open, &request));
        let step = step
            .await
            .map_err(|error| Status::internal(error.to_string()))?;
        let (open, response) = step?;
        self.committed = open.is_none();
        self.open = open;
        Ok(Some(response))
    }
}

/// A blob that a call writes.
struct Open {
    ingest: Ingest,
    underway: Underway,
}

/// Does what a message asks for. After a commit, nothing is open any more.
fn step(
    store: &ContentStore,
    open: Option<Open>,
    request: &WriteRequest,
) -> Result<(Option<Open>, WriteResponse), Status> {
    let expected = expected(request)?;
    let total = u64::try_from(request.total).unwrap_or(0);
    let total = match &open {
        Some(open) if total == 0 => open.underway.update(|_| ())?.total,
        _ => total,
    };
    if let Some(digest) = &expected
        && store.has(digest, total)?
    {
        return Err(Status::already_exists(format!("{digest} is there")));
    }
    let mut open = match open {
        Some(open) => open,
        None => Open::begin(store, &request.r#ref, total)?,
    };
    let action = request.action();
    if action != WriteAction::Stat {
        open.write(request)?;
    }
    let progress = open.update(expected, total)?;
    let response = open.response(action, &progress);
    if action != WriteAction::Commit {
        return Ok((Some(open), response));
    }
    open.commit(store, &progress)?;
    Ok((None, response))
}

fn expected(request: &WriteRequest) -> Result<Option<BlobDigest>, Status> {
    let expected = Some(request.expected.as_str()).filter(|text| !text.is_empty());
    let digest = expected.map(str::parse).transpose();
    digest.map_err(|_| Status::invalid_argument(format!("unknown digest {}", request.expected)))
}

impl Open {
    fn begin(store: &ContentStore, name: &str, total: u64) -> Result<Self, Status> {
        if name.is_empty() {
            return Err(Status::invalid_argument(
                "the first message needs a reference",
            ));
        }
        let (ingest, underway) = store.begin(name, total)?;
        Ok(Self { ingest, underway })
    }

    fn write(&mut self, request: &WriteRequest) -> Result<(), Status> {
        let (offset, length) = (request.offset, self.ingest.length());
        // Zero is also what a message has that says nothing of an offset, but engines always do.
        if offset == 0 && length > 0 {
            self.ingest.restart().map_err(|error| failed(&error))?;
        } else if u64::try_from(offset) != Ok(length) {
            let message = format!("write at {offset}, but there are {length} bytes");
            return Err(Status::out_of_range(message));
        }
        self.ingest
            .append(&request.data)
            .map_err(|error| failed(&error))
    }

    /// Tells those who ask how far it is.
    fn update(&self, expected: Option<BlobDigest>, total: u64) -> Result<Progress, Status> {
        let changed = self.ingest.changed().map_err(|error| failed(&error))?;
        self.underway.update(|progress| {
            progress.offset = self.ingest.length();
            progress.updated_at = changed;
            if expected.is_some() {
                progress.expected = expected;
            }
            if total > 0 {
                progress.total = total;
            }
        })
    }

    fn response(&self, action: WriteAction, progress: &Progress) -> WriteResponse {
        WriteResponse {
            action: action.into(),
            started_at: Some(progress.started_at),
            updated_at: Some(progress.updated_at),
            offset: number(progress.offset),
            total: number(progress.total),
            digest: self.ingest.digest().to_string(),
        }
    }

    fn commit(self, store: &ContentStore, progress: &Progress) -> Result<(), Status> {
        let (length, total) = (self.ingest.length(), progress.total);
        if total > 0 && total != length {
            let message = format!("unexpected commit size {length}, expected {total}");
            return Err(Status::failed_precondition(message));
        }
        let actual = self.ingest.digest();
        if let Some(expected) = &progress.expected
            && *expected != actual
        {
            let message = format!("unexpected commit digest {actual}, expected {expected}");
            return Err(Status::failed_precondition(message));
        }
        let digest = self.ingest.commit().map_err(|error| failed(&error))?;
        store.note(&digest)
    }
}

pub(super) fn number(number: u64) -> i64 {
    number.try_into().unwrap_or(i64::MAX)
}
