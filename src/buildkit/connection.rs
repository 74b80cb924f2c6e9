//! A gRPC channel to a `BuildKit`, and the streams on which it calls us back.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use hyper_util::rt::TokioIo;
use tonic::transport::Channel;
use tower::service_fn;

use super::proto::control::ListWorkersRequest;
use super::proto::control::control_client::ControlClient;
use super::proto::control::types::WorkerRecord;
use crate::dial::{
    Address, BoxedStream, ConnectError, Endpoint, EngineVersion, Protocol, Speaks, ask_version,
    upgrade,
};
use crate::docker::api_version::ApiVersion;

/// The largest message that we take; logs and provenance can be large, contexts come in pieces.
pub(in crate::buildkit) const MESSAGE_LIMIT: usize = 16 << 20;

/// The most bytes of headers that we take: what Go's gRPC takes (`defaultClientMaxHeaderListSize`).
///
/// An engine tells of a failing step in a header that has the whole Dockerfile in it. h2 stops at
/// 16 KiB otherwise, and ends the connection with everything on it.
pub(in crate::buildkit) const MAX_HEADER_LIST: u32 = 16 << 20;

/// The first API whose socket speaks gRPC itself, and which deprecates `POST /grpc`.
/// (API 1.52 is Docker 29.0; 1.53 came with 29.2.)
const NATIVE_GRPC: ApiVersion = ApiVersion::new(1, 53);

/// How HTTP/2 is brought to the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::buildkit) enum Route {
    /// `POST /grpc` and `POST /session`: Docker Engine before 29.2.
    Upgrade,
    /// gRPC on the socket itself, the session within `Control.Session`.
    Native,
}

/// A connection that has been seen to work.
#[derive(Clone, Debug)]
pub(in crate::buildkit) struct Connection {
    /// For our calls. It connects again by itself after a loss.
    pub(in crate::buildkit) channel: Channel,
    /// How it was brought there.
    pub(in crate::buildkit) route: Route,
    /// Where it goes.
    pub(in crate::buildkit) address: Address,
    /// What the engine said of itself; `buildkitd` says nothing.
    pub(in crate::buildkit) engine: Option<EngineVersion>,
    /// The workers, whose listing proved that the connection works.
    pub(in crate::buildkit) workers: Vec<WorkerRecord>,
}

impl Connection {
    /// Connects in the way that the engine's version suggests, else in the other one.
    pub(in crate::buildkit) async fn open(endpoint: &Endpoint) -> Result<Self, ConnectError> {
        let address = &endpoint.address;
        if endpoint.speaks == Speaks::BuildKit {
            return Self::by(Route::Native, address, None, Pings::No).await;
        }
        let engine = ask_version(address).await?;
        // A proxy that wants headers reads them on the requests that are upgraded; docker's client
        // sends them nowhere else.
        let (first, second) = if engine.api >= NATIVE_GRPC && !address.has_headers() {
            (Route::Native, Route::Upgrade)
        } else {
            (Route::Upgrade, Route::Native)
        };
        let error = match Self::by(first, address, Some(engine.clone()), Pings::Yes).await {
            Err(error) if error.is_about_the_way() => error,
            result => return result,
        };
        // The way that should have worked tells more than the one that was only a try.
        Self::by(second, address, Some(engine), Pings::Yes)
            .await
            .map_err(|_| error)
    }

    async fn by(
        route: Route,
        address: &Address,
        engine: Option<EngineVersion>,
        pings: Pings,
    ) -> Result<Self, ConnectError> {
        let first = dial_grpc(route, address).await?;
        let has_answered = Arc::new(AtomicBool::new(false));
        let channel = channel(route, address, first, pings, has_answered.clone()).await?;
        let workers = list_workers(&channel)
            .await
            .map_err(|status| ConnectError::NotBuildKit {
                address: address.clone(),
                source: Box::new(status),
            })?;
        has_answered.store(true, Ordering::Relaxed);
        Ok(Self {
            channel,
            route,
            address: address.clone(),
            engine,
            workers,
        })
    }

    /// Opens a stream for the session by `POST /session`.
    pub(in crate::buildkit) async fn upgrade_session(
        &self,
        headers: &[(String, String)],
    ) -> Result<BoxedStream, ConnectError> {
        upgrade(&self.address, "/session", headers).await
    }
}

/// Whether the connection is kept alive by HTTP/2 pings.
#[derive(Clone, Copy)]
enum Pings {
    /// Docker Engine serves gRPC through Go's HTTP server, which answers any number of pings.
    Yes,
    /// `buildkitd` serves it through grpc-go, which ends the connection of a client that pings
    /// more often than every five minutes (its default enforcement policy).
    No,
}

async fn dial_grpc(route: Route, address: &Address) -> Result<BoxedStream, ConnectError> {
    match route {
        Route::Upgrade => upgrade(address, "/grpc", &[]).await,
        Route::Native => address.dial(Protocol::Http2).await,
    }
}

/// Makes a channel over a stream that is there, so that errors of the first dial stay typed, and
/// over new ones when that breaks. Who closes the first one without an answer, as one does that
/// refuses our certificate, would close every other: that is an error, and no reason to dial again.
async fn channel(
    route: Route,
    address: &Address,
    first: BoxedStream,
    pings: Pings,
    has_answered: Arc<AtomicBool>,
) -> Result<Channel, ConnectError> {
    let first = Arc::new(Mutex::new(Some(first)));
    let target = address.clone();
    let connector = service_fn(move |_| {
        let ready = first.lock().ok().and_then(|mut slot| slot.take());
        let address = target.clone();
        let may_dial = has_answered.load(Ordering::Relaxed);
        async move {
            let stream = match ready {
                Some(stream) => stream,
                None if !may_dial => {
                    let closed = "the connection was closed without an answer";
                    return Err(std::io::Error::other(closed));
                }
                None => dial_grpc(route, &address)
                    .await
                    .map_err(std::io::Error::other)?,
            };
            Ok::<_, std::io::Error>(TokioIo::new(stream))
        }
    });
    let failed = |source| ConnectError::request(address, source);
    settings(pings)
        .connect_with_connector(connector)
        .await
        .map_err(failed)
}

fn settings(pings: Pings) -> tonic::transport::Endpoint {
    let settings = tonic::transport::Endpoint::from_static("http://docker")
        .http2_max_header_list_size(MAX_HEADER_LIST)
        .initial_stream_window_size(1 << 20)
        .initial_connection_window_size(4 << 20);
    match pings {
        Pings::No => settings,
        Pings::Yes => settings
            .http2_keep_alive_interval(Duration::from_secs(10))
            .keep_alive_timeout(Duration::from_secs(20)),
    }
}

async fn list_workers(channel: &Channel) -> Result<Vec<WorkerRecord>, tonic::Status> {
    let mut client = ControlClient::new(channel.clone());
    let response = client.list_workers(ListWorkersRequest::default()).await?;
    Ok(response.into_inner().record)
}
