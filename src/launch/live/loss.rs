//! What of a container's output did not arrive.

use std::io;

/// Why a container's output could not be read to its end.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// The stream broke where a piece could have ended: often only the way in which it was closed,
    /// for example with input on its way that nobody read.
    #[error("The engine's stream broke: {0}")]
    Broken(#[source] io::Error),
    /// The stream broke, or ended, in the middle of a piece.
    #[error("The engine broke off in the middle of the container's output: {0}")]
    Within(#[source] io::Error),
    /// The container has ended, and its output neither came nor ended.
    #[error("The container has ended, but the engine does not send the end of its output")]
    Silent,
    /// The engine said so.
    #[error("The engine could not pass the container's output on: {0}")]
    Said(String),
}

impl SourceError {
    /// Returns the error as one within a piece.
    pub(super) fn within(self) -> Self {
        match self {
            Self::Broken(source) => Self::Within(source),
            other => other,
        }
    }

    /// Returns whether output is missing.
    pub(super) fn is_loss(&self) -> bool {
        !matches!(self, Self::Broken(_))
    }
}

/// A part of a container's output that is missing.
#[derive(Debug, thiserror::Error)]
pub enum Loss {
    /// It did not arrive.
    #[error(transparent)]
    Source(SourceError),
    /// It could not be written to our standard output.
    #[error("The container's output could not be written to stdout: {0}")]
    Output(#[source] io::Error),
    /// It could not be written to our standard error.
    #[error("The container's errors could not be written to stderr: {0}")]
    Errors(#[source] io::Error),
}
