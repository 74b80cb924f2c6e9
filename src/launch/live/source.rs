//! Where a container's output is read from.

use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio_util::sync::CancellationToken;

use super::loss::SourceError;

/// A stream of output that ends some time after its container.
#[derive(Debug)]
pub struct Source<R> {
    reader: R,
    end: Option<End>,
}

/// The end of the container, behind which the engine may not be silent for long.
#[derive(Debug)]
struct End {
    ended: CancellationToken,
    patience: Duration,
}

impl<R: AsyncRead + Unpin> Source<R> {
    /// Reads up to the end of the stream, however long that takes.
    pub fn new(reader: R) -> Self {
        Self { reader, end: None }
    }

    /// Reads up to the end of the stream, or until the engine has been silent for so long after the
    /// container's end. Time in which nobody reads here does not count.
    pub fn until(reader: R, ended: CancellationToken, patience: Duration) -> Self {
        let end = Some(End { ended, patience });
        Self { reader, end }
    }

    /// Reads some bytes; none at the end of the stream.
    pub(super) async fn read(&mut self, buffer: &mut [u8]) -> Result<usize, SourceError> {
        tokio::select! {
            biased;
            count = self.reader.read(buffer) => count.map_err(SourceError::Broken),
            () = silence(self.end.as_ref()) => Err(SourceError::Silent),
        }
    }

    /// Reads as much as there is room for, or up to the end of the stream.
    pub(super) async fn fill(&mut self, buffer: &mut [u8]) -> Result<usize, SourceError> {
        let mut filled = 0;
        while filled < buffer.len() {
            match self.read(&mut buffer[filled..]).await {
                Ok(0) => break,
                Ok(count) => filled += count,
                Err(error) if filled > 0 => return Err(error.within()),
                Err(error) => return Err(error),
            }
        }
        Ok(filled)
    }
}

async fn silence(end: Option<&End>) {
    match end {
        Some(end) => {
            end.ended.cancelled().await;
            tokio::time::sleep(end.patience).await;
        }
        None => std::future::pending().await,
    }
}
