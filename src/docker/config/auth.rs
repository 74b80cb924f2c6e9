//! Logins in the file: `auths`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::error::ConfigError;
use super::json::Node;
use crate::secret::Secret;

/// What proves who we are to a registry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Credential {
    /// A name and a password.
    Password {
        /// The name.
        username: String,
        /// The password or access token.
        password: Secret,
    },
    /// A token that is exchanged for one that the registry takes.
    IdentityToken(Secret),
    /// A token that the registry takes.
    RegistryToken(Secret),
}

/// A login is not what `docker login` writes.
pub(super) struct Unreadable;

impl Credential {
    /// Reads an entry; none for one that only says that a helper has it.
    pub(super) fn read(entry: Node) -> Result<Result<Option<Self>, Unreadable>, ConfigError> {
        let mut fields = entry.fields()?;
        let mut text = |name| fields.take(name).text().map(Option::unwrap_or_default);
        let auth = text("auth")?;
        let (mut username, mut password) = (text("username")?, text("password")?);
        let (identity, registry) = (text("identitytoken")?, text("registrytoken")?);
        if !auth.is_empty() {
            match decode(&auth) {
                Some(login) => (username, password) = login,
                None => return Ok(Err(Unreadable)),
            }
        }
        let credential = match () {
            () if !registry.is_empty() => Some(Self::RegistryToken(Secret::new(registry))),
            () if !identity.is_empty() => Some(Self::IdentityToken(Secret::new(identity))),
            () if username.is_empty() && password.is_empty() => None,
            () => Some(Self::Password {
                username,
                password: Secret::new(password),
            }),
        };
        Ok(Ok(credential))
    }
}

/// Splits what `docker login` writes: the base64 of `name:password`, possibly with NULs behind it.
fn decode(auth: &str) -> Option<(String, String)> {
    // Go skips line breaks in base64.
    let bytes = STANDARD.decode(auth.replace(['\r', '\n'], "")).ok()?;
    let text = String::from_utf8(bytes).ok()?;
    let (username, password) = text.split_once(':').filter(|(name, _)| !name.is_empty())?;
    Some((username.to_owned(), password.trim_matches('\0').to_owned()))
}
