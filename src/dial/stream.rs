//! Byte streams to an engine, whatever they run over.

use tokio::io::{AsyncRead, AsyncWrite};

/// What will be spoken on a stream, for TLS to announce.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Protocol {
    Http1,
    Http2,
}

/// A byte stream in both directions.
pub(crate) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// Any byte stream.
pub(crate) type BoxedStream = Box<dyn Stream>;
