//! Why an export cannot be written.

use std::io;

use thiserror::Error;

/// Why an export cannot be written.
#[derive(Debug, Error)]
pub(super) enum ReceiveError {
    /// Something cannot be created, written or changed.
    #[error("cannot {action} `{path}`: {source}")]
    Write {
        action: &'static str,
        path: String,
        source: io::Error,
    },
    /// A directory of ours has the name of a file of the export.
    #[error("`{path}` is a directory here and none in the export: move it away first")]
    DirectoryInTheWay { path: String },
    /// A path that leaves the directory, or is not clean.
    #[error("the engine sent the invalid path `{path}`")]
    InvalidPath { path: String },
    /// A path before its parent, or before an elder sibling.
    #[error("the engine sent `{path}` out of order")]
    OutOfOrder { path: String },
    /// A further name of something that cannot have one.
    #[error("the engine sent `{path}` as a further name of `{target}`, which is no file")]
    InvalidLink { path: String, target: String },
    /// Data of a file that was not asked for.
    #[error("the engine sent data of a file {id} that was not asked for")]
    UnknownFile { id: u32 },
    /// More open files than any export has.
    #[error("the engine sent too many files at once")]
    TooMuch,
    /// A message that makes no sense.
    #[error("the engine sent a message that is not understood: {what}")]
    Protocol { what: String },
    /// The engine has failed.
    #[error("the engine could not send the files: {message}")]
    Sender { message: String },
}
