//! Where the files of one transfer come from.

use crate::buildkit::session::{LocalSource, MemoryFile};
use crate::context::{ContextError, Root};

#[derive(Debug)]
pub(super) enum Source {
    Directory(Root),
    Memory(Vec<MemoryFile>),
}

impl Source {
    pub(super) fn open(source: &LocalSource) -> Result<Self, ContextError> {
        match source {
            LocalSource::Memory(files) => Ok(Self::Memory(files.clone())),
            LocalSource::Directory(path) => Root::open(path).map(Self::Directory),
        }
    }
}

/// Returns an error with its cause in one line, as the engine passes it on.
pub(super) fn describe(error: &ContextError) -> String {
    match std::error::Error::source(error) {
        Some(cause) => format!("{error}: {cause}"),
        None => error.to_string(),
    }
}
