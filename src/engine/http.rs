//! Requests of our own, where bollard's do not say enough.
//!
//! A wait must be known to be registered before a container is started, which is when its headers
//! arrive; a connection for a terminal must be the raw bytes; and a create request must be sent as
//! it was decided.

use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use http_body_util::{BodyExt as _, Either, Full, Limited};
use hyper::body::Incoming;
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use serde::de::DeserializeOwned;

use super::connections::{self, SendError};
use super::deadline::Pace;
use super::{Engine, EngineError};

/// Bytes of the longest answer that is read: more than the list of ten thousand containers.
const ANSWER_LIMIT: usize = 64 << 20;

/// A request to the engine.
pub(super) struct Call<'a> {
    /// What is asked, as an infinitive, for errors: "start container `x`".
    action: &'a str,
    method: Method,
    /// Path and query, without the version.
    path: String,
    /// What is sent along, and what that is.
    body: Option<(&'static str, Bytes)>,
    pace: Pace,
    /// A login to a registry, as the engine reads it.
    auth: Option<String>,
}

impl<'a> Call<'a> {
    pub(super) fn get(action: &'a str, path: impl Into<String>) -> Self {
        Self::new(action, Method::GET, path)
    }

    pub(super) fn post(action: &'a str, path: impl Into<String>) -> Self {
        Self::new(action, Method::POST, path)
    }

    pub(super) fn put(action: &'a str, path: impl Into<String>) -> Self {
        Self::new(action, Method::PUT, path)
    }

    pub(super) fn delete(action: &'a str, path: impl Into<String>) -> Self {
        Self::new(action, Method::DELETE, path)
    }

    fn new(action: &'a str, method: Method, path: impl Into<String>) -> Self {
        Self {
            action,
            method,
            path: path.into(),
            body: None,
            pace: Pace::Quick,
            auth: None,
        }
    }

    pub(super) fn json(mut self, body: &serde_json::Value) -> Self {
        self.body = Some(("application/json", body.to_string().into()));
        self
    }

    pub(super) fn tar(mut self, body: Bytes) -> Self {
        self.body = Some(("application/x-tar", body));
        self
    }

    /// Sends a login to a registry along.
    pub(super) fn auth(mut self, auth: String) -> Self {
        self.auth = Some(auth);
        self
    }

    /// Says how long the answer may take.
    pub(super) fn at(mut self, pace: Pace) -> Self {
        self.pace = pace;
        self
    }
}

/// Takes "not found" for an answer.
pub(super) async fn found<T>(
    answer: impl Future<Output = Result<T, EngineError>>,
) -> Result<Option<T>, EngineError> {
    match answer.await {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.status() == Some(404) => Ok(None),
        Err(error) => Err(error),
    }
}

impl Engine {
    /// Sends a request and returns when the headers of the answer are there.
    pub(super) async fn send(&self, call: Call<'_>) -> Result<Response<Incoming>, EngineError> {
        let (action, pace) = (call.action.to_owned(), call.pace);
        let answer = self.exchange(call, None);
        self.deadline().within(&action, pace, answer).await
    }

    /// Sends a request whose answer says nothing but that it was done.
    pub(super) async fn done(&self, call: Call<'_>) -> Result<(), EngineError> {
        self.send(call).await.map(drop)
    }

    /// Sends a request and reads the JSON that it is answered with.
    pub(super) async fn json<T: DeserializeOwned>(&self, call: Call<'_>) -> Result<T, EngineError> {
        let action = call.action.to_owned();
        let body = self.body(call).await?;
        serde_json::from_slice(&body).map_err(|source| EngineError::request(&action, source.into()))
    }

    /// Sends a request and reads the whole answer.
    pub(super) async fn body(&self, call: Call<'_>) -> Result<Bytes, EngineError> {
        let (action, pace) = (call.action.to_owned(), call.pace);
        let read = async {
            let answer = self.exchange(call, None).await?;
            collect(&action, answer).await
        };
        self.deadline().within(&action, pace, read).await
    }

    /// Sends a request that turns its connection into a byte stream.
    pub(super) async fn hijack(&self, call: Call<'_>) -> Result<TokioIo<Upgraded>, EngineError> {
        let action = call.action.to_owned();
        let (pace, failed) = (call.pace, action.clone());
        let upgraded = async {
            let answer = self.exchange(call, Some("tcp")).await?;
            let upgraded = hyper::upgrade::on(answer).await.map(TokioIo::new);
            upgraded.map_err(|source| EngineError::request(failed, source.into()))
        };
        self.deadline().within(&action, pace, upgraded).await
    }

    async fn exchange(
        &self,
        call: Call<'_>,
        upgrade: Option<&'static str>,
    ) -> Result<Response<Incoming>, EngineError> {
        let action = call.action.to_owned();
        let request = self.request(call, upgrade);
        let request = request.map_err(|source| EngineError::request(&action, source.into()))?;
        let answer = self.connections().send(request).await;
        let answer = answer.map_err(|error| match error {
            SendError::Connect(error) => error.into(),
            SendError::Http(source) => EngineError::request(&action, source.into()),
        })?;
        refuse(&action, answer).await
    }

    fn request(
        &self,
        call: Call<'_>,
        upgrade: Option<&'static str>,
    ) -> http::Result<Request<connections::Body>> {
        let version = self.api().client_version();
        let path = format!("/v{version}{}", call.path);
        let mut request = Request::builder().method(call.method).uri(path);
        if let Some(protocol) = upgrade {
            request = request
                .header(header::CONNECTION, HeaderValue::from_static("Upgrade"))
                .header(header::UPGRADE, HeaderValue::from_static(protocol));
        }
        if let Some(auth) = call.auth {
            request = request.header("X-Registry-Auth", auth);
        }
        let Some((kind, bytes)) = call.body else {
            return request.body(Either::Left(Full::default()));
        };
        let request = request.header(header::CONTENT_TYPE, kind);
        request.body(Either::Left(Full::new(bytes)))
    }
}

/// Turns an answer that is an error into one of ours.
async fn refuse(
    action: &str,
    answer: Response<Incoming>,
) -> Result<Response<Incoming>, EngineError> {
    let status = answer.status();
    if status.is_success()
        || status == StatusCode::SWITCHING_PROTOCOLS
        || status == StatusCode::NOT_MODIFIED
    {
        return Ok(answer);
    }
    let body = collect(action, answer).await.unwrap_or_default();
    let message = serde_json::from_slice(&body)
        .ok()
        .and_then(|value: serde_json::Value| Some(value.get("message")?.as_str()?.to_owned()))
        .unwrap_or_else(|| String::from_utf8_lossy(&body).trim().to_owned());
    Err(EngineError::Refused {
        action: action.to_owned(),
        status: status.as_u16(),
        message,
    })
}

/// Reads an answer to its end, which has to come: an engine that never stops answering is none.
pub(super) async fn collect(
    action: &str,
    answer: Response<Incoming>,
) -> Result<Bytes, EngineError> {
    let body = Limited::new(answer.into_body(), ANSWER_LIMIT)
        .collect()
        .await;
    let body = body.map_err(|error| match error.downcast::<hyper::Error>() {
        Ok(error) => EngineError::request(action, (*error).into()),
        Err(_) => EngineError::Failed {
            action: action.to_owned(),
            message: format!("its answer is longer than {} MiB", ANSWER_LIMIT >> 20),
        },
    })?;
    Ok(body.to_bytes())
}

/// Escapes a value for a query.
pub(super) fn escape(text: &str) -> String {
    let escaped = text.bytes().map(|byte| match byte {
        b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' | b'-' | b'.' | b'_' | b'~' => {
            char::from(byte).to_string()
        }
        _ => format!("%{byte:02X}"),
    });
    escaped.collect()
}

#[cfg(test)]
mod tests {
    use super::escape;

    #[test]
    fn what_a_query_gives_a_meaning_is_escaped() {
        assert_eq!(escape("a-b_c.d~1"), "a-b_c.d~1");
        assert_eq!(
            escape("{\"x\":[\"a b\"]}"),
            "%7B%22x%22%3A%5B%22a%20b%22%5D%7D"
        );
        assert_eq!(escape("\u{e9}"), "%C3%A9");
    }
}
