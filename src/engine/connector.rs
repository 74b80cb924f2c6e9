//! Carries the Engine API over the same byte streams as BuildKit's calls, so that every way to an
//! engine (unix, tcp, TLS, ssh) exists once.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use bollard::BollardRequest;
use http::Uri;
use hyper::Response;
use hyper::body::Incoming;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::{Connected, Connection};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::dial::{Address, BoxedStream, ConnectError};

/// How long a stream on which nothing was asked yet is good.
///
/// The engine closes one that sends no request for five minutes (moby, `ReadHeaderTimeout` of
/// dockerd's HTTP server), and a build may take longer than that between dialling and asking.
const FRESH: Duration = Duration::from_secs(60);

/// Opens a connection, and makes the function that bollard sends its requests through.
///
/// The first stream is opened here and not when bollard first needs one, because bollard's errors
/// do not tell which part of dialling failed, and ours do.
pub(super) async fn transport(
    address: Address,
) -> Result<impl Fn(BollardRequest) -> Answer + Send + Sync, ConnectError> {
    let proxied = address.clone();
    let connector = Connector {
        first: Arc::new(Mutex::new(Some(First {
            stream: address.dial_http().await?,
            opened: Instant::now(),
        }))),
        address: Arc::new(address),
    };
    let client = Client::builder(TokioExecutor::new()).build(connector);
    Ok(move |mut request: BollardRequest| -> Answer {
        let client = client.clone();
        proxied.add_headers(request.headers_mut());
        Box::pin(async move { client.request(request).await.map_err(Into::into) })
    })
}

/// What bollard expects of a transport.
type Answer =
    Pin<Box<dyn Future<Output = Result<Response<Incoming>, bollard::errors::Error>> + Send>>;

/// Opens streams to one fixed address, whatever the URI says.
#[derive(Clone)]
struct Connector {
    address: Arc<Address>,
    first: Arc<Mutex<Option<First>>>,
}

/// The stream that was opened before anything was asked.
struct First {
    stream: BoxedStream,
    opened: Instant,
}

impl First {
    fn if_fresh(self, now: Instant) -> Option<BoxedStream> {
        (now.duration_since(self.opened) < FRESH).then_some(self.stream)
    }
}

impl tower::Service<Uri> for Connector {
    type Response = TokioIo<Stream>;
    type Error = ConnectError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, ConnectError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), ConnectError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Uri) -> Self::Future {
        let Self { address, first } = self.clone();
        Box::pin(async move {
            let first = first.lock().unwrap_or_else(PoisonError::into_inner).take();
            let stream = match first.and_then(|first| first.if_fresh(Instant::now())) {
                Some(stream) => stream,
                None => address.dial_http().await?,
            };
            Ok(TokioIo::new(Stream(stream)))
        })
    }
}

/// A stream that hyper may pool.
struct Stream(BoxedStream);

impl Connection for Stream {
    fn connected(&self) -> Connected {
        Connected::new()
    }
}

impl AsyncRead for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.0).poll_read(context, buffer)
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<std::io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(context, bytes)
    }

    fn poll_flush(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(context)
    }

    fn poll_shutdown(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_early_stream_is_not_used_when_the_engine_may_have_closed_it() {
        let opened = Instant::now();
        let first = || First {
            stream: Box::new(tokio::io::empty()),
            opened,
        };
        assert!(first().if_fresh(opened + Duration::from_secs(59)).is_some());
        assert!(first().if_fresh(opened + Duration::from_secs(61)).is_none());
    }
}
