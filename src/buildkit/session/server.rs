//! The session itself: a gRPC server on a connection that we opened.

use std::fmt;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use hyper::server::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::service::TowerToHyperService;
use sha2::{Digest as _, Sha256};
use tokio::sync::{Mutex, OwnedMutexGuard};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tonic::service::Routes;

use super::content::{self, ContentService};
use super::filesend::{Destinations, FileSend};
use super::filesync::FileSync;
use super::health::AlwaysServing;
use super::stream::control_session;
use super::{Agents, Credentials, LocalDir, SecretStore};
use crate::buildkit::connection::{Connection, MAX_HEADER_LIST, Route};
use crate::buildkit::id;
use crate::buildkit::layout::LayoutError;
use crate::buildkit::proto::filesync::auth_server::AuthServer;
use crate::buildkit::proto::health::health_server::HealthServer;
use crate::buildkit::proto::secrets::secrets_server::SecretsServer;
use crate::buildkit::proto::sshforward::ssh_server::SshServer;
use crate::dial::{BoxedStream, ConnectError};

/// The methods that every session announces; the engine calls no other.
const METHODS: &[&str] = &[
    "/grpc.health.v1.Health/Check",
    "/moby.filesync.v1.FileSync/DiffCopy",
    "/moby.filesync.v1.FileSend/DiffCopy",
    "/moby.filesync.v1.Auth/Credentials",
    "/moby.filesync.v1.Auth/FetchToken",
    "/moby.filesync.v1.Auth/GetTokenAuthority",
    "/moby.filesync.v1.Auth/VerifyTokenAuthority",
    "/moby.buildkit.secrets.v1.Secrets/GetSecret",
];

/// Announced only where there is an agent, so that the engine itself can say that there is none.
const SSH_METHODS: &[&str] = &[
    "/moby.sshforward.v1.SSH/CheckAgent",
    "/moby.sshforward.v1.SSH/ForwardAgent",
];

/// What a session offers.
#[derive(Clone, Debug)]
pub struct SessionOptions {
    /// Names the copies of our directories that the engine keeps between builds.
    ///
    /// The engine has one copy per key and directory name, and makes it match what a build asks
    /// for. So builds that copy different parts of one context need different keys, else each one
    /// deletes the other's files, and builds of different contexts must never share one.
    pub shared_key: String,
    /// Directories that the build reads.
    pub directories: Vec<LocalDir>,
    /// Secrets by id.
    pub secrets: SecretStore,
    /// Registry credentials.
    pub credentials: Credentials,
    /// SSH agents by id.
    pub agents: Agents,
}

/// A session that the engine knows. It ends when this is dropped.
pub struct Session {
    id: String,
    files: FileSync,
    secrets: SecretStore,
    credentials: Credentials,
    content: ContentService,
    results: FileSend,
    /// Held by the build whose results `results` expects; their numbers tell builds not apart.
    receiving: Arc<Mutex<()>>,
    closed: CancellationToken,
    server: JoinHandle<()>,
}

impl Session {
    /// Opens a session over a connection.
    pub(in super::super) async fn open(
        connection: &Connection,
        options: SessionOptions,
    ) -> Result<Self, ConnectError> {
        let id = id::random();
        let files = FileSync::new(options.directories);
        let content = ContentService::default();
        let results = FileSend::default();
        let headers = headers(&id, &options.shared_key, &options.agents);
        let stream = open_stream(connection, &headers).await?;
        let mut routes = Routes::new(HealthServer::new(AlwaysServing))
            .add_service(files.clone().into_service())
            .add_service(results.clone())
            .add_service(content.clone())
            .add_service(AuthServer::new(options.credentials.clone()))
            .add_service(SecretsServer::new(options.secrets.clone()));
        if !options.agents.is_empty() {
            routes = routes.add_service(SshServer::new(options.agents));
        }
        let closed = CancellationToken::new();
        let server = tokio::spawn(serve(stream, routes, closed.clone()));
        Ok(Self {
            id,
            files,
            secrets: options.secrets,
            credentials: options.credentials,
            content,
            results,
            receiving: Arc::default(),
            closed,
            server,
        })
    }

    /// Returns the id that solves refer to.
    pub(crate) fn id(&self) -> &str {
        &self.id
    }

    /// Returns the file sync service: what was sent, and what was wrong with the files.
    pub fn files(&self) -> &FileSync {
        &self.files
    }

    /// Returns the secrets: which were asked for, in vain or not.
    pub fn secrets(&self) -> &SecretStore {
        &self.secrets
    }

    /// Returns the registry credentials: for which hosts they could not be had.
    pub fn credentials(&self) -> &Credentials {
        &self.credentials
    }

    /// Returns what the engine read from image layouts, caches among them, and that was damaged.
    pub fn damage(&self) -> Vec<LayoutError> {
        self.content.damage()
    }

    /// Returns the image layouts that the engine may use.
    pub(in super::super) fn content(&self) -> &ContentService {
        &self.content
    }

    /// Returns why results of the last build that had some could not be taken.
    pub fn result_failures(&self) -> Vec<String> {
        self.results.failures()
    }

    /// Waits until the engine, or the way to it, has ended the session.
    pub(in super::super) async fn closed(&self) {
        self.closed.cancelled().await;
    }

    /// Returns whether the session has ended.
    pub fn is_closed(&self) -> bool {
        self.closed.is_cancelled()
    }

    /// Sets where a build's results go. The next build of this session that has some waits for
    /// the returned guard.
    pub(in super::super) async fn expect(&self, destinations: Destinations) -> Receiving {
        if destinations.is_empty() {
            return Receiving(None);
        }
        let guard = Arc::clone(&self.receiving).lock_owned().await;
        self.results.expect(destinations);
        Receiving(Some(guard))
    }
}

impl Session {
    /// Gives the archives of a build that has ended well their names.
    pub(in super::super) fn publish(&self) -> Result<(), tonic::Status> {
        self.results.publish()
    }
}

/// Keeps the results of other builds of the session out.
#[derive(Debug)]
pub(in super::super) struct Receiving(
    #[expect(dead_code, reason = "a guard")] Option<OwnedMutexGuard<()>>,
);

impl Drop for Session {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

fn headers(id: &str, shared_key: &str, agents: &Agents) -> Vec<(String, String)> {
    let header =
        |name: &str, value: &str| (format!("X-Docker-Expose-Session-{name}"), value.into());
    let mut headers = vec![
        header("Uuid", id),
        header("Name", "dynbuild"),
        // Hashed, because it may be made of paths, and a header is ASCII.
        header("Sharedkey", &hash(shared_key)),
    ];
    let ssh = if agents.is_empty() { &[] } else { SSH_METHODS };
    headers.extend(
        METHODS
            .iter()
            .chain(&content::METHODS)
            .chain(ssh)
            .map(|method| header("Grpc-Method", method)),
    );
    headers
}

fn hash(text: &str) -> String {
    STANDARD_NO_PAD.encode(Sha256::digest(text))
}

async fn open_stream(
    connection: &Connection,
    headers: &[(String, String)],
) -> Result<BoxedStream, ConnectError> {
    match connection.route {
        Route::Upgrade => connection.upgrade_session(headers).await,
        Route::Native => Ok(Box::new(control_session(
            connection.channel.clone(),
            headers,
        ))),
    }
}

/// The window of one call of a session.
pub(super) const STREAM_WINDOW: u32 = 1 << 20;

/// The window of a session's connection.
///
/// Not for speed: h2 counts each small frame that lies unread as 256 bytes, and ends the connection
/// when they reach half of this (`too_many_data_frames`). An engine asks for tens of thousands of
/// files at once, each in a frame of its own.
pub(super) const CONNECTION_WINDOW: u32 = 64 << 20;

/// Serves until the connection ends.
///
/// This is hyper's server and not tonic's: tonic's ends when its listener does, without waiting for
/// the one connection that there is.
async fn serve(stream: BoxedStream, routes: Routes, closed: CancellationToken) {
    let _closed = closed.drop_guard();
    let service = TowerToHyperService::new(routes.prepare());
    let mut server = http2::Builder::new(TokioExecutor::new());
    server
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .max_header_list_size(MAX_HEADER_LIST)
        .max_send_buf_size(1 << 20);
    // How it ended tells nothing: engines close sessions in many ways, and whether the build
    // failed is for its solve to say.
    server
        .serve_connection(TokioIo::new(stream), service)
        .await
        .ok();
}
