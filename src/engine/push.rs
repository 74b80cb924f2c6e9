//! Pushing images: the engine does it, out of its own store.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE;
use bytes::Bytes;
use http_body_util::BodyExt as _;
use serde::Deserialize;
use serde_json::json;
use tokio::sync::mpsc::UnboundedSender;

use super::deadline::Pace;
use super::http::Call;
use super::{Engine, EngineError};
use crate::credentials::Login;
use crate::docker::reference::Reference;
use crate::secret::Secret;

/// How far a part of a push is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PushStep {
    /// The layer, in the engine's short form.
    pub layer: String,
    /// What is done to it: `Preparing`, `Pushing`, `Pushed`, …
    pub status: String,
    /// Bytes that are sent.
    pub current: i64,
    /// Bytes to send, 0 if that is not known.
    pub total: i64,
}

impl PushStep {
    /// Returns whether nothing more is done to the layer.
    pub fn is_done(&self) -> bool {
        self.status == "Pushed"
            || self.status.starts_with("Mounted from")
            || self.status == "Layer already exists"
    }
}

/// A line of the engine's answer.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Line {
    id: String,
    status: String,
    #[serde(rename = "progressDetail")]
    progress: Progress,
    aux: Option<Aux>,
    #[serde(rename = "errorDetail")]
    error: Option<Failure>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Progress {
    current: i64,
    total: i64,
}

#[derive(Debug, Deserialize)]
struct Aux {
    #[serde(rename = "Digest")]
    digest: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Failure {
    message: String,
}

impl Engine {
    /// Pushes an image under one of its names. Returns the digest that it has in the registry.
    ///
    /// Dropping the call ends the push.
    ///
    /// # Errors
    /// Fails when the registry refuses or cannot be reached, with the engine's words.
    pub async fn push_image(
        &self,
        name: &str,
        login: Option<&Login>,
        told: UnboundedSender<PushStep>,
    ) -> Result<Option<String>, EngineError> {
        let action = format!("push image `{name}`");
        let call = Call::post(&action, path(name))
            .auth(auth(login))
            .at(Pace::Work);
        let mut body = self.send(call).await?.into_body();
        let mut lines = Lines::default();
        let mut digest = None;
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(|source| EngineError::request(&action, source.into()))?;
            for line in lines.take(frame.data_ref()) {
                if let Some(Failure { message }) = line.error {
                    return Err(EngineError::Failed { action, message });
                }
                digest = line.aux.and_then(|aux| aux.digest).or(digest);
                if !line.id.is_empty() {
                    let step = PushStep {
                        layer: line.id,
                        status: line.status,
                        current: line.progress.current,
                        total: line.progress.total,
                    };
                    told.send(step).ok();
                }
            }
        }
        Ok(digest)
    }
}

/// Makes whole lines of the pieces of an answer.
#[derive(Default)]
struct Lines(Vec<u8>);

impl Lines {
    fn take(&mut self, piece: Option<&Bytes>) -> Vec<Line> {
        self.0
            .extend_from_slice(piece.map_or(&[][..], |piece| piece));
        let Some(end) = self.0.iter().rposition(|byte| *byte == b'\n') else {
            return Vec::new();
        };
        let rest = self.0.split_off(end + 1);
        let whole = std::mem::replace(&mut self.0, rest);
        let lines = whole.split(|byte| *byte == b'\n');
        // What an engine says in a form of later years is no reason to stop.
        lines
            .filter_map(|line| serde_json::from_slice(line).ok())
            .collect()
    }
}

/// Returns where an image is pushed: under its tag, without one `latest`.
fn path(name: &str) -> String {
    match name.parse::<Reference>().map(Reference::tagged) {
        Ok(reference) => {
            let tag = reference.tag().map(|tag| super::http::escape(tag.as_str()));
            let query = tag.map(|tag| format!("?tag={tag}")).unwrap_or_default();
            format!("/images/{}/push{query}", reference.familiar_name())
        }
        Err(_) => format!("/images/{}/push", super::http::escape(name)),
    }
}

/// Writes a login as the engine reads it in a header, which must be there also without one.
fn auth(login: Option<&Login>) -> String {
    let text = |secret: &Secret| String::from_utf8_lossy(secret.expose()).into_owned();
    let auth = match login {
        None => json!({}),
        Some(Login::Password { user, password }) => {
            json!({ "username": user, "password": text(password) })
        }
        Some(Login::Token(token)) => json!({ "identitytoken": text(token) }),
        Some(Login::Registry(token)) => json!({ "registrytoken": text(token) }),
    };
    URL_SAFE.encode(auth.to_string())
}

#[cfg(test)]
mod tests {
    use test_case::test_case;

    use super::*;

    #[test_case("r.example:5000/a/b:1" => "/images/r.example:5000/a/b/push?tag=1")]
    #[test_case("me/app" => "/images/me/app/push?tag=latest")]
    fn a_name_is_a_path_and_a_tag(name: &str) -> String {
        path(name)
    }

    #[test]
    fn lines_may_come_in_pieces() {
        let mut lines = Lines::default();
        let first = Bytes::from_static(
            b"{\"status\":\"Pushing\",\"id\":\"a1\",\"progressDetail\":{\"current\":5,",
        );
        assert!(lines.take(Some(&first)).is_empty());
        let second = Bytes::from_static(
            b"\"total\":9}}\r\n{\"aux\":{\"Tag\":\"1\",\"Digest\":\"sha256:d\"}}\r\n{}",
        );
        let taken = lines.take(Some(&second));
        assert_eq!((taken[0].id.as_str(), taken[0].progress.total), ("a1", 9));
        assert_eq!(
            taken[1].aux.as_ref().unwrap().digest.as_deref(),
            Some("sha256:d")
        );
    }

    #[test]
    fn a_login_is_a_header() {
        let login = Login::Password {
            user: "u".into(),
            password: Secret::new("p"),
        };
        let sent = URL_SAFE.decode(auth(Some(&login))).unwrap();
        assert_eq!(sent, br#"{"username":"u","password":"p"}"#);
        assert_eq!(auth(None), "e30=");
    }
}
