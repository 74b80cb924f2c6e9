//! A blob that is being written.

use std::fs::Metadata;
use std::io::{self, Seek as _, SeekFrom, Write as _};
use std::time::UNIX_EPOCH;

use bytes::Bytes;
use sha2::{Digest as _, Sha256};
use tempfile::NamedTempFile;

use super::proto::Timestamp;
use crate::buildkit::layout::Layout;
use crate::docker::digest::BlobDigest;

/// A blob that is being written. What was written goes away with this value, unless it is
/// committed.
#[derive(Debug)]
pub(super) struct Ingest {
    layout: Layout,
    file: NamedTempFile,
    hash: Sha256,
    length: u64,
}

impl Ingest {
    pub(super) fn start(layout: &Layout) -> io::Result<Self> {
        Ok(Self {
            file: layout.unfinished()?,
            layout: layout.clone(),
            hash: Sha256::new(),
            length: 0,
        })
    }

    /// Returns how many bytes there are.
    pub(super) fn length(&self) -> u64 {
        self.length
    }

    /// Returns the digest of the bytes that there are.
    pub(super) fn digest(&self) -> BlobDigest {
        BlobDigest::of(self.hash.clone())
    }

    /// Returns when it was last written to.
    pub(super) fn changed(&self) -> io::Result<Timestamp> {
        Ok(changed(&self.file.as_file().metadata()?))
    }

    /// Begins again.
    pub(super) fn restart(&mut self) -> io::Result<()> {
        self.file.as_file().set_len(0)?;
        self.file.seek(SeekFrom::Start(0))?;
        self.hash = Sha256::new();
        self.length = 0;
        Ok(())
    }

    /// Adds bytes at the end.
    pub(super) fn append(&mut self, data: &Bytes) -> io::Result<()> {
        self.file.write_all(data)?;
        self.hash.update(data);
        self.length += data.len() as u64;
        Ok(())
    }

    /// Gives the bytes the name that they have: from now on, all of them are there, whatever
    /// happens to the machine.
    pub(super) fn commit(self) -> io::Result<BlobDigest> {
        let digest = self.digest();
        self.file.as_file().sync_data()?;
        let blob = self.layout.blob(&digest);
        self.file.persist(blob).map_err(|error| error.error)?;
        Ok(digest)
    }
}

/// The time of the last change, by the clock of the file system.
pub(super) fn changed(metadata: &Metadata) -> Timestamp {
    let since = metadata
        .modified()
        .ok()
        .and_then(|time| time.duration_since(UNIX_EPOCH).ok());
    let since = since.unwrap_or_default();
    Timestamp {
        seconds: since.as_secs().try_into().unwrap_or(i64::MAX),
        nanos: since.subsec_nanos().try_into().unwrap_or(0),
    }
}
