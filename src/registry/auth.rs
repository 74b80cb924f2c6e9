//! What a registry wants to know of who asks: a login, or a token that another server gives for it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;

use crate::credentials::Login;
use crate::secret::Secret;

/// What a registry asks for (`WWW-Authenticate`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Challenge {
    /// The login itself.
    Basic,
    /// A token of a server.
    Bearer {
        realm: String,
        service: Option<String>,
        scope: Option<String>,
    },
}

/// A token server's answer.
#[derive(Deserialize)]
pub(super) struct Answer {
    #[serde(default)]
    token: Option<String>,
    #[serde(default)]
    access_token: Option<String>,
}

impl Answer {
    pub(super) fn token(self) -> Option<String> {
        self.token.or(self.access_token)
    }
}

impl Challenge {
    /// Reads the header; none if it asks for something that docker does not know either.
    pub(super) fn parse(header: &str) -> Option<Self> {
        let (scheme, rest) = header.trim().split_once(' ').unwrap_or((header.trim(), ""));
        if scheme.eq_ignore_ascii_case("basic") {
            return Some(Self::Basic);
        }
        if !scheme.eq_ignore_ascii_case("bearer") {
            return None;
        }
        let parameter = |name: &str| {
            let mut found = parameters(rest).into_iter();
            let found = found.find(|(key, _)| key.eq_ignore_ascii_case(name));
            found.map(|(_, value)| value)
        };
        Some(Self::Bearer {
            realm: parameter("realm")?,
            service: parameter("service"),
            scope: parameter("scope"),
        })
    }
}

/// Splits `a="x,y",b=z`: commas within quotes are part of a value.
fn parameters(text: &str) -> Vec<(String, String)> {
    let mut pairs = Vec::new();
    let mut rest = text;
    while let Some((name, after)) = rest.split_once('=') {
        let name = name.trim_matches([',', ' ']).to_owned();
        let (value, remaining) = match after.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"').unwrap_or((quoted, "")),
            None => after.split_once(',').unwrap_or((after, "")),
        };
        pairs.push((name, value.to_owned()));
        rest = remaining;
    }
    pairs
}

/// Returns the header for a login as it is.
pub(super) fn basic(login: &Login) -> Option<Secret> {
    let Login::Password { user, password } = login else {
        return None;
    };
    let pair = [user.as_bytes(), b":", password.expose()].concat();
    Some(Secret::new(format!("Basic {}", STANDARD.encode(pair))))
}

/// Returns the header for a token.
pub(super) fn bearer(token: &Secret) -> Secret {
    Secret::new([b"Bearer ", token.expose()].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn challenges_are_read() {
        let header = r#"Bearer realm="https://auth.example/token",service="r.example",scope="repository:a/b:pull,push""#;
        assert_eq!(
            Challenge::parse(header),
            Some(Challenge::Bearer {
                realm: "https://auth.example/token".into(),
                service: Some("r.example".into()),
                scope: Some("repository:a/b:pull,push".into()),
            })
        );
        assert_eq!(
            Challenge::parse(r#"Basic realm="x""#),
            Some(Challenge::Basic)
        );
        assert_eq!(Challenge::parse("Negotiate"), None);
    }
}
