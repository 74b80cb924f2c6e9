//! What can go wrong between us and the engine.

use std::time::Duration;

use crate::dial::{ConnectError, EngineVersion};
use crate::problem::{Problem, ProblemKind};

/// The engine could not be reached, or refused.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// No connection came up.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// The engine lacks what every launch and build needs.
    #[error("The engine (version {}, API {}) is too old", version.version, version.api)]
    TooOld {
        /// What it says of itself.
        version: EngineVersion,
    },
    /// The engine answered a request with an error.
    #[error("The engine could not {action}: {message}")]
    Refused {
        /// What was asked, as an infinitive: "inspect image `x`".
        action: String,
        /// HTTP status.
        status: u16,
        /// The engine's words.
        message: String,
    },
    /// The engine took a request, and then told in its answer what went wrong.
    #[error("The engine could not {action}: {message}")]
    Failed {
        /// What was asked, as an infinitive.
        action: String,
        /// The engine's words.
        message: String,
    },
    /// The engine took longer than it may.
    #[error("The engine did not answer within {}s when asked to {action}", limit.as_secs_f64())]
    TimedOut {
        /// What was asked, as an infinitive.
        action: String,
        /// How long it had.
        limit: Duration,
    },
    /// The request failed on the way.
    #[error("The engine could not {action}")]
    Request {
        /// What was asked, as an infinitive.
        action: String,
        /// Why it failed.
        #[source]
        source: bollard::errors::Error,
    },
}

impl EngineError {
    /// Wraps a failed request: the engine's own answer becomes [`EngineError::Refused`],
    /// or [`EngineError::Failed`] where it came late.
    pub(crate) fn request(action: impl Into<String>, source: bollard::errors::Error) -> Self {
        let action = action.into();
        match source {
            bollard::errors::Error::DockerResponseServerError {
                status_code,
                message,
            } => Self::Refused {
                action,
                status: status_code,
                message,
            },
            bollard::errors::Error::DockerStreamError { error } => Self::Failed {
                action,
                message: error,
            },
            source => Self::Request { action, source },
        }
    }

    /// Returns the HTTP status if the engine answered with an error.
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Refused { status, .. } => Some(*status),
            Self::Connect(_)
            | Self::TooOld { .. }
            | Self::Failed { .. }
            | Self::TimedOut { .. }
            | Self::Request { .. } => None,
        }
    }
}

impl From<EngineError> for Problem {
    fn from(error: EngineError) -> Self {
        match error {
            EngineError::Connect(error) => error.into(),
            EngineError::TooOld { .. } => Self::from_error(ProblemKind::Engine, &error)
                .hint("Use Docker Engine 19.03 or newer; 23 or newer is recommended"),
            EngineError::TimedOut { .. } => Self::from_error(ProblemKind::Engine, &error)
                .hint("See whether it answers docker: `docker version`")
                .hint("Give a slow engine more time: `export DYNBUILD_ENGINE_TIMEOUT=5m`"),
            EngineError::Refused { .. }
            | EngineError::Failed { .. }
            | EngineError::Request { .. } => Self::from_error(ProblemKind::Engine, &error),
        }
    }
}
