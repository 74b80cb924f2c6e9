//! A login, and the command that makes one.

use crate::docker::config::{Credential, registry_key};
use crate::secret::Secret;

/// A login to a registry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Login {
    /// An account and its password.
    Password {
        /// The account.
        user: String,
        /// Its password.
        password: Secret,
    },
    /// A token that stands for both (`identitytoken`).
    Token(Secret),
    /// A token that the registry takes as it is (`registrytoken`).
    Registry(Secret),
}

impl From<&Credential> for Login {
    fn from(credential: &Credential) -> Self {
        match credential.clone() {
            Credential::IdentityToken(token) => Self::Token(token),
            Credential::RegistryToken(token) => Self::Registry(token),
            Credential::Password { username, password } => Self::Password {
                user: username,
                password,
            },
        }
    }
}

/// Returns the command that logs in at a registry. With its host, docker would keep the
/// credentials of its own registry where nothing looks for them.
pub fn login_command(host: &str) -> String {
    if registry_key(host) == host {
        format!("docker login {host}")
    } else {
        "docker login".to_owned()
    }
}
