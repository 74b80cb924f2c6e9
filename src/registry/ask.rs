//! What a registry is asked, and what it answers.

use std::time::Duration;

use bytes::Bytes;
use http::{Method, Response, StatusCode, header};
use http_body_util::{BodyExt as _, Limited};
use hyper::body::Incoming;
use jiff::Timestamp;
use jiff::fmt::rfc2822;

use super::error::RegistryError;
use super::manifest::Manifest;
use super::place::Place;

/// Bytes of the longest answer that is read: registries take manifests of 4 MiB.
const ANSWER_LIMIT: usize = 8 << 20;

/// What is asked of a repository.
pub(super) struct Ask<'a> {
    /// As an infinitive, for errors.
    pub(super) action: String,
    pub(super) method: Method,
    /// Behind the repository: `manifests/latest`.
    pub(super) path: String,
    pub(super) place: &'a Place,
    pub(super) body: Option<&'a Manifest>,
}

/// A whole answer.
pub(super) struct Whole {
    pub(super) status: StatusCode,
    pub(super) headers: http::HeaderMap,
    pub(super) body: Bytes,
}

impl Whole {
    pub(super) async fn read(
        answer: Response<Incoming>,
    ) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        let (parts, body) = answer.into_parts();
        let body = Limited::new(body, ANSWER_LIMIT).collect().await?;
        Ok(Self {
            status: parts.status,
            headers: parts.headers,
            body: body.to_bytes(),
        })
    }

    /// Returns what a registry says of a refusal, in its own words.
    fn message(&self) -> String {
        let value: Option<serde_json::Value> = serde_json::from_slice(&self.body).ok();
        let first = value.as_ref().and_then(|value| value["errors"].get(0));
        let words = first.and_then(|first| first["message"].as_str());
        words.map_or_else(
            || {
                self.status
                    .canonical_reason()
                    .unwrap_or_default()
                    .to_owned()
            },
            str::to_owned,
        )
    }
}

impl Ask<'_> {
    pub(super) fn failed(
        &self,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> RegistryError {
        RegistryError::Unreachable {
            action: self.action.clone(),
            place: self.place.clone(),
            source: source.into(),
        }
    }

    pub(super) fn accept(&self, answer: Whole) -> Result<Whole, RegistryError> {
        if answer.status.is_success() {
            return Ok(answer);
        }
        Err(RegistryError::Refused {
            action: self.action.clone(),
            place: self.place.clone(),
            status: answer.status.as_u16(),
            message: answer.message(),
            retry_after: retry_after(&answer.headers, Timestamp::now()),
        })
    }
}

/// Reads when a registry wants to be asked again: seconds, or a date, which is compared with that of
/// the registry's own clock if it says it.
fn retry_after(headers: &http::HeaderMap, now: Timestamp) -> Option<Duration> {
    let text = |name| headers.get(name)?.to_str().ok();
    let date = |text: &str| rfc2822::parse(text).ok().map(|date| date.timestamp());
    let value = text(header::RETRY_AFTER)?.trim();
    if let Ok(seconds) = value.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let now = text(header::DATE).and_then(date).unwrap_or(now);
    // A moment that is over is one to go on at once.
    Some(Duration::try_from(date(value)?.duration_since(now)).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use test_case::test_case;

    use super::*;

    #[test_case("7", None => Some(7); "seconds")]
    #[test_case("Sun, 06 Nov 1994 08:49:37 GMT", Some("Sun, 06 Nov 1994 08:49:07 GMT") => Some(30); "a date")]
    #[test_case("Sun, 06 Nov 1994 08:49:37 GMT", None => Some(37); "a date by our clock")]
    #[test_case("Sun, 06 Nov 1994 08:48:00 GMT", None => Some(0); "a date that is over")]
    #[test_case("soon", None => None; "neither")]
    fn a_registry_says_when_to_ask_again(
        value: &'static str,
        date: Option<&'static str>,
    ) -> Option<u64> {
        let mut headers = http::HeaderMap::new();
        headers.insert(header::RETRY_AFTER, http::HeaderValue::from_static(value));
        if let Some(date) = date {
            headers.insert(header::DATE, http::HeaderValue::from_static(date));
        }
        let ours = "1994-11-06T08:49:00Z".parse().unwrap();
        retry_after(&headers, ours).map(|after| after.as_secs())
    }
}
