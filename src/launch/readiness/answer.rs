//! An answer of a server, and what all requests to one have in common.

/// Bytes of an answer that are read.
pub(super) const ANSWER_LIMIT: usize = 4 << 20;

/// By which our requests are known in a server's log.
pub(super) const USER_AGENT: &str = concat!("dynrun/", env!("CARGO_PKG_VERSION"), " (readiness)");

/// An answer of the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: String,
}
