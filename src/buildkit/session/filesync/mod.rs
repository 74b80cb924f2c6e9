//! Files of ours that a build reads, and results that it writes into a directory of ours.
//!
//! Both go by fsutil's `DiffCopy`: the sender announces everything with its metadata (STAT, in the
//! order of [`context::walk()`](crate::context::walk())), the receiver asks by number for the
//! contents that it lacks (REQ) and gets them in pieces (DATA, an empty one at the end of a file),
//! and says when it is done (FIN). Who fails says why (ERR).
//!
//! [`FileSync`] is the sender. One thread walks, up to `READERS` read files, a
//! task takes requests; all of them put packets into one `outbox` of limited size, so that memory
//! stays flat however large the context is and however much is asked for at once. What was sent
//! and what was wrong with it is in [`Transfer`].
//!
//! [`receive()`] is the receiver, for the exporter `local`.
//!
//! docker sends an unreadable or vanished file as an empty one, and says nothing. We refuse, naming
//! the file. A file that changes while it is read is sent as it is read, as docker does, and
//! reported.

mod announced;
mod memory;
mod options;
mod outbox;
mod reader;
mod receiver;
mod sender;
mod service;
mod source;
mod transfer;
mod wire;

pub use receiver::receive;
pub use service::FileSync;
pub use transfer::{Transfer, TransferIssue};

#[cfg(test)]
mod tests;
