//! Why a registry did not do as asked.

use std::error::Error;
use std::time::Duration;

use super::place::Place;
use crate::credentials::LoginError;

/// What went wrong between us and a registry.
#[derive(Debug, thiserror::Error)]
pub enum RegistryError {
    /// No answer came.
    #[error("The registry `{}` could not be asked to {action}", place.domain)]
    Unreachable {
        /// What was asked, as an infinitive: "put the name `x:1`".
        action: String,
        /// The registry.
        place: Place,
        /// Why.
        #[source]
        source: Box<dyn Error + Send + Sync>,
    },
    /// The registry refused.
    #[error("The registry `{}` refused to {action}: {status} {message}", place.domain)]
    Refused {
        /// What was asked, as an infinitive.
        action: String,
        /// The registry.
        place: Place,
        /// The HTTP status.
        status: u16,
        /// What it says.
        message: String,
        /// When it wants to be asked again.
        retry_after: Option<Duration>,
    },
    /// The login could not be looked up.
    #[error("There is no login for the registry `{}`", place.domain)]
    Login {
        /// The registry.
        place: Place,
        /// Why.
        #[source]
        source: LoginError,
    },
}

impl RegistryError {
    /// Returns the repository that was asked.
    pub const fn place(&self) -> &Place {
        match self {
            Self::Unreachable { place, .. }
            | Self::Refused { place, .. }
            | Self::Login { place, .. } => place,
        }
    }

    /// Returns whether no answer came.
    pub const fn is_unreachable(&self) -> bool {
        match self {
            Self::Unreachable { .. } => true,
            Self::Refused { .. } | Self::Login { .. } => false,
        }
    }

    /// Returns when the registry wants to be asked again.
    pub const fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Refused { retry_after, .. } => *retry_after,
            Self::Unreachable { .. } | Self::Login { .. } => None,
        }
    }
}
