//! `POST /grpc` and `POST /session`: HTTP/1.1 requests after which the connection is a raw one.

use http_body_util::{BodyExt as _, Collected, Empty, Limited};
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper::{Request, StatusCode};
use hyper_util::rt::TokioIo;

use super::address::Address;
use super::error::ConnectError;
use super::stream::{BoxedStream, Protocol};

/// As much of a refusal as is worth reading, in bytes.
const REFUSAL_LIMIT: usize = 64 << 10;

/// Opens a connection and turns it into a raw one.
///
/// `path` is `/grpc` or `/session`; headers may repeat.
pub(crate) async fn upgrade(
    address: &Address,
    path: &'static str,
    headers: &[(String, String)],
) -> Result<BoxedStream, ConnectError> {
    let failed = |source| ConnectError::talk(address, source);
    let stream = address.dial(Protocol::Http1).await?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream))
        .await
        .map_err(failed)?;
    tokio::spawn(connection.with_upgrades());
    let request = request(path, headers).map_err(|error| ConnectError::request(address, error));
    let mut request = request?;
    address.add_headers(request.headers_mut());
    let response = sender.send_request(request).await.map_err(failed)?;
    if response.status() != StatusCode::SWITCHING_PROTOCOLS {
        let status = response.status();
        let body = Limited::new(response.into_body(), REFUSAL_LIMIT)
            .collect()
            .await;
        let body = body.map(Collected::to_bytes).unwrap_or_default();
        let answer = format!("{status}: {}", String::from_utf8_lossy(&body).trim());
        return Err(ConnectError::NoBuildKit {
            address: address.clone(),
            path,
            answer,
        });
    }
    let upgraded = hyper::upgrade::on(response).await.map_err(failed)?;
    Ok(Box::new(TokioIo::new(upgraded)))
}

fn request(path: &str, headers: &[(String, String)]) -> Result<Request<Empty<Bytes>>, http::Error> {
    let request = Request::post(path)
        .header("Host", "docker")
        .header("Connection", "Upgrade")
        .header("Upgrade", "h2c");
    headers
        .iter()
        .fold(request, |request, (name, value)| {
            request.header(name, value)
        })
        .body(Empty::new())
}
