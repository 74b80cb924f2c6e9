//! Why a registry did not do as asked.

use std::error::Error;
use std::time::Duration;

use super::place::Place;
use crate::credentials::{LoginError, login_command};
use crate::exit::Exit;
use crate::problem::Problem;

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
    /// Returns whether the same may succeed a little later.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Unreachable { source, .. } => !is_about_trust(source.as_ref()),
            Self::Refused { status, .. } => matches!(status, 429 | 500 | 502 | 503 | 504),
            Self::Login { .. } => false,
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

/// Returns whether a connection failed because nobody vouches for the registry.
fn is_about_trust(error: &(dyn Error + 'static)) -> bool {
    let mut source = Some(error);
    while let Some(error) = source {
        if error.to_string().contains("invalid peer certificate") {
            return true;
        }
        source = error.source();
    }
    false
}

impl From<RegistryError> for Problem {
    fn from(error: RegistryError) -> Self {
        let problem = Self::from_error(Exit::Registry, &error);
        match &error {
            RegistryError::Refused {
                place,
                status: 401 | 403,
                ..
            }
            | RegistryError::Login { place, .. } => {
                problem.hint(format!("Log in: `{}`", login_command(&place.domain)))
            }
            RegistryError::Unreachable { place, source, .. } if is_about_trust(source.as_ref()) => {
                problem.hint(format!(
                    "If you trust it, keep the certificate of its authority as \
                     `/etc/docker/certs.d/{}/ca.crt`, or name it in `SSL_CERT_FILE`",
                    place.domain
                ))
            }
            RegistryError::Unreachable { place, .. } => problem.hint(format!(
                "See whether this machine reaches it: `curl -v https://{}/v2/`; if only the \
                 engine does, let the engine put the names with `--publish each`",
                place.host()
            )),
            RegistryError::Refused { .. } => problem,
        }
    }
}
