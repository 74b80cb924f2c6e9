//! What an engine says of itself.

use http_body_util::{BodyExt as _, Empty, Limited};
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper::http::response::Parts;
use hyper::{HeaderMap, Request, StatusCode};
use hyper_util::rt::TokioIo;

use super::address::Address;
use super::error::ConnectError;
use super::stream::Protocol;
use crate::docker::api_version::ApiVersion;

/// More than any engine says; who says more is no engine.
const ANSWER_LIMIT: usize = 1 << 20;

/// Versions of an engine, from the headers of `GET /_ping`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EngineVersion {
    /// The product's version, for people only: distributions write what they like.
    pub version: String,
    /// The newest API that it speaks; ask this one what it can.
    pub api: ApiVersion,
}

/// Asks the engine at `address`.
///
/// `GET /_ping` has both versions in its headers and costs the engine nothing; for `GET /version`
/// it starts `runc` and `docker-init` to ask for theirs (moby, `daemon/info.go`).
///
/// # Errors
/// Fails when nothing answers, or when what answers is no engine.
pub async fn ask(address: &Address) -> Result<EngineVersion, ConnectError> {
    let (head, body) = ping(address).await?;
    let version = EngineVersion::of_answer(&head);
    version.ok_or_else(|| ConnectError::not_an_engine(address, &head, &body))
}

impl EngineVersion {
    /// Reads the answer to a ping; none if what answered is no engine.
    pub(crate) fn of_answer(head: &Parts) -> Option<Self> {
        let is_answer = head.status == StatusCode::OK;
        is_answer.then(|| Self::from_headers(&head.headers))?
    }

    /// Reads `Api-Version: 1.51` and `Server: Docker/28.5.2 (linux)`.
    fn from_headers(headers: &HeaderMap) -> Option<Self> {
        let text = |name: &str| headers.get(name)?.to_str().ok();
        let product = text("server").unwrap_or_default();
        let (_, product) = product.split_once('/').unwrap_or(("", product));
        let version = product.split(' ').next().unwrap_or_default();
        Some(Self {
            version: version.to_owned(),
            api: text("api-version")?.parse().ok()?,
        })
    }
}

async fn ping(address: &Address) -> Result<(Parts, Bytes), ConnectError> {
    let failed = |source| ConnectError::talk(address, source);
    let stream = address.dial(Protocol::Http1).await?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream))
        .await
        .map_err(failed)?;
    let driver = tokio::spawn(connection);
    let request = Request::get("/_ping")
        .header("Host", "docker")
        .body(Empty::<Bytes>::new());
    let mut request = request.map_err(|error| ConnectError::request(address, error))?;
    address.add_headers(request.headers_mut());
    let response = sender.send_request(request).await.map_err(failed)?;
    let (head, body) = response.into_parts();
    let body = Limited::new(body, ANSWER_LIMIT).collect().await;
    driver.abort();
    let body = body.map_err(|error| ConnectError::request(address, error))?;
    Ok((head, body.to_bytes()))
}

#[cfg(test)]
mod tests {
    use hyper::http::HeaderValue;

    use super::*;

    #[test]
    fn versions_are_in_the_headers_of_a_ping() {
        let mut headers = HeaderMap::new();
        assert_eq!(EngineVersion::from_headers(&headers), None);
        headers.insert("api-version", HeaderValue::from_static("1.41"));
        headers.insert(
            "server",
            HeaderValue::from_static("Docker/20.10.24+dfsg1 (linux)"),
        );
        let version = EngineVersion::from_headers(&headers).unwrap();
        assert_eq!(version.version, "20.10.24+dfsg1");
        assert_eq!(version.api.to_string(), "1.41");
    }
}
