//! The connections to an engine. Every request, bollard's and ours, goes through them, so that each
//! way to an engine (unix, tcp, TLS, ssh) exists once.

use std::fmt;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures_util::Stream;
use http::{HeaderValue, Request, Response, Uri, header};
use http_body_util::{BodyExt as _, Either, Full, Limited, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use tokio::sync::Semaphore;
use tokio::time::sleep;

use crate::dial::{Address, ConnectError, EngineVersion};

/// How long a connection that nobody uses is good: proxies in between close idle ones unseen, the
/// engine itself after five minutes (moby, `ReadHeaderTimeout`).
const KEPT: Duration = Duration::from_secs(30);

/// More than any engine answers to a ping; who says more is no engine.
const PING_LIMIT: usize = 1 << 20;

/// How many logins are under way at once: sshd refuses some of more than ten (`MaxStartups`), others
/// log in there too, and BuildKit's client has connections of its own.
const LOGINS: usize = 2;

/// How often, and how long apart, it is looked for a free connection before there is another login,
/// which takes longer than all of these looks.
const LOOKS: usize = 5;
const LOOK_PAUSE: Duration = Duration::from_millis(5);

/// The body of a request, as bollard has it.
pub(super) type Body = Either<Full<Bytes>, StreamBody<Frames>>;

type Frames = Pin<Box<dyn Stream<Item = Result<Frame<Bytes>, io::Error>> + Send>>;

/// HTTP/1.1 connections to one address. They are kept for the next request: over ssh, each one costs
/// a login.
#[derive(Clone)]
pub(super) struct Connections {
    address: Address,
    kept: Arc<Mutex<Vec<Kept>>>,
    logins: Arc<Semaphore>,
}

/// A connection that is free again when its answer has been read.
struct Kept {
    sender: SendRequest<Body>,
    used: Instant,
}

impl Kept {
    fn is_good(&self, now: Instant) -> bool {
        !self.sender.is_closed() && now.duration_since(self.used) < KEPT
    }
}

/// A request got no answer.
pub(super) enum SendError {
    /// No connection came up.
    Connect(ConnectError),
    /// The connection was lost, or what came is no HTTP.
    Http(hyper::Error),
}

impl From<SendError> for bollard::errors::Error {
    fn from(error: SendError) -> Self {
        match error {
            SendError::Connect(error) => Self::IOError {
                err: io::Error::other(error),
            },
            SendError::Http(error) => error.into(),
        }
    }
}

impl Connections {
    pub(super) fn new(address: Address) -> Self {
        Self {
            address,
            kept: Arc::default(),
            logins: Arc::new(Semaphore::new(LOGINS)),
        }
    }

    pub(super) fn address(&self) -> &Address {
        &self.address
    }

    /// Sends a request and returns when the headers of the answer are there.
    pub(super) async fn send(
        &self,
        mut request: Request<Body>,
    ) -> Result<Response<Incoming>, SendError> {
        to_origin(&mut request);
        self.address.add_headers(request.headers_mut());
        loop {
            let (mut sender, is_new) = match self.free() {
                Some(sender) => (sender, false),
                None => (Box::pin(self.open()).await?, true),
            };
            match sender.try_send_request(request).await {
                Ok(answer) => {
                    self.keep(sender);
                    return Ok(answer);
                }
                Err(mut failed) => match failed.take_message() {
                    // It was closed meanwhile, and nothing was sent.
                    Some(unsent) if !is_new => request = unsent,
                    _ => return Err(SendError::Http(failed.into_error())),
                },
            }
        }
    }

    /// Asks the engine what it is.
    pub(super) async fn version(&self) -> Result<EngineVersion, ConnectError> {
        let failed = |error| ConnectError::request(&self.address, error);
        let answer = self.send(ping()).await.map_err(|error| match error {
            SendError::Connect(error) => error,
            SendError::Http(error) => failed(error.into()),
        })?;
        let (head, body) = answer.into_parts();
        let body = Limited::new(body, PING_LIMIT).collect().await;
        let body = body.map_err(failed)?.to_bytes();
        let version = EngineVersion::of_answer(&head);
        version.ok_or_else(|| ConnectError::not_an_engine(&self.address, &head, &body))
    }

    async fn open(&self) -> Result<SendRequest<Body>, SendError> {
        if matches!(self.address.stream(), Address::Command(_)) {
            self.log_in().await
        } else {
            self.dial().await
        }
    }

    /// Opens a connection in its turn. The login has ended when the engine answers.
    async fn log_in(&self) -> Result<SendRequest<Body>, SendError> {
        let _turn = self.logins.acquire().await;
        // One may be free by now, or in a moment: its answer has been read a moment ago.
        for _ in 0..LOOKS {
            if let Some(sender) = self.free() {
                return Ok(sender);
            }
            if self.locked().is_empty() {
                break;
            }
            sleep(LOOK_PAUSE).await;
        }
        let mut sender = self.dial().await?;
        let mut ping = ping();
        self.address.add_headers(ping.headers_mut());
        let answer = sender.send_request(ping).await;
        let answer = answer.map_err(SendError::Http)?;
        let body = Limited::new(answer.into_body(), PING_LIMIT);
        body.collect().await.ok();
        sender.ready().await.map_err(SendError::Http)?;
        Ok(sender)
    }

    async fn dial(&self) -> Result<SendRequest<Body>, SendError> {
        let stream = self.address.dial_http().await;
        let stream = TokioIo::new(stream.map_err(SendError::Connect)?);
        let (sender, connection) = http1::handshake(stream).await.map_err(SendError::Http)?;
        // Ends with the last sender, or with the stream that it became.
        tokio::spawn(connection.with_upgrades());
        Ok(sender)
    }

    fn free(&self) -> Option<SendRequest<Body>> {
        let now = Instant::now();
        let mut kept = self.locked();
        kept.retain(|connection| connection.is_good(now));
        let free = kept
            .iter()
            .position(|connection| connection.sender.is_ready())?;
        Some(kept.swap_remove(free).sender)
    }

    fn keep(&self, sender: SendRequest<Body>) {
        let used = Instant::now();
        self.locked().push(Kept { sender, used });
    }

    fn locked(&self) -> MutexGuard<'_, Vec<Kept>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Connections {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_tuple("Connections")
            .field(&self.address)
            .finish()
    }
}

fn ping() -> Request<Body> {
    let mut ping = Request::new(Either::Left(Full::default()));
    *ping.uri_mut() = Uri::from_static("/_ping");
    to_origin(&mut ping);
    ping
}

/// Servers are asked for a path; bollard asks for a whole address.
fn to_origin<B>(request: &mut Request<B>) {
    let path = request.uri().path_and_query().cloned();
    *request.uri_mut() = path.map_or_else(Uri::default, Uri::from);
    let host = HeaderValue::from_static("engine");
    request.headers_mut().entry(header::HOST).or_insert(host);
}

#[cfg(test)]
mod tests;
