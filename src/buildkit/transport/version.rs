//! What an engine says of itself.

use std::fmt;
use std::str::FromStr;

use http_body_util::{BodyExt as _, Empty, Limited};
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper::{Request, StatusCode};
use hyper_util::rt::TokioIo;
use serde::Deserialize;

use super::address::{Address, Protocol};
use super::error::ConnectError;

/// More than any engine says; who says more is no engine.
const ANSWER_LIMIT: usize = 1 << 20;

/// Versions of an engine, from `GET /version`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EngineVersion {
    /// The product's version, for people only: distributions write what they like.
    pub version: String,
    /// The newest API that it speaks; ask this one what it can.
    pub api: ApiVersion,
}

/// A version of the Engine API, for example 1.51.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ApiVersion {
    /// The part before the point; 1 since ever.
    pub major: u32,
    /// The part after the point.
    pub minor: u32,
}

impl ApiVersion {
    /// The first API whose socket speaks gRPC itself, and which deprecates `POST /grpc`.
    /// (API 1.52 is Docker 29.0; 1.53 came with 29.2.)
    pub(super) const NATIVE_GRPC: Self = Self {
        major: 1,
        minor: 53,
    };
}

impl fmt::Display for ApiVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

impl FromStr for ApiVersion {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (major, minor) = text.split_once('.').ok_or(())?;
        let number = |text: &str| text.parse().map_err(|_| ());
        Ok(Self {
            major: number(major)?,
            minor: number(minor)?,
        })
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Answer {
    version: String,
    api_version: String,
}

/// Asks the engine at `address`.
pub(super) async fn ask(address: &Address) -> Result<EngineVersion, ConnectError> {
    let (status, body) = get_version(address).await?;
    let version = (status == StatusCode::OK).then(|| parse(&body)).flatten();
    version.ok_or_else(|| ConnectError::NotAnEngine {
        address: address.clone(),
        answer: format!("{status}: {}", String::from_utf8_lossy(&body).trim()),
    })
}

fn parse(body: &[u8]) -> Option<EngineVersion> {
    let answer: Answer = serde_json::from_slice(body).ok()?;
    Some(EngineVersion {
        version: answer.version,
        api: answer.api_version.parse().ok()?,
    })
}

async fn get_version(address: &Address) -> Result<(StatusCode, Bytes), ConnectError> {
    let failed = |source| ConnectError::talk(address, source);
    let stream = address.dial(Protocol::Http1).await?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream))
        .await
        .map_err(failed)?;
    let driver = tokio::spawn(connection);
    let request = Request::get("/version")
        .header("Host", "docker")
        .body(Empty::<Bytes>::new());
    let request = request.map_err(|error| ConnectError::request(address, error))?;
    let response = sender.send_request(request).await.map_err(failed)?;
    let status = response.status();
    let body = Limited::new(response.into_body(), ANSWER_LIMIT)
        .collect()
        .await;
    driver.abort();
    let body = body.map_err(|error| ConnectError::request(address, error))?;
    Ok((status, body.to_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn api_versions_compare_as_numbers() {
        let parse = |text: &str| text.parse::<ApiVersion>();
        assert!(parse("1.53").unwrap() >= ApiVersion::NATIVE_GRPC);
        assert!(parse("1.9").unwrap() < parse("1.51").unwrap());
        assert!(parse("latest").is_err());
    }
}
