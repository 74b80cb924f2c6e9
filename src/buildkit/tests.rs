//! The client against an engine of our own making, for what real ones do only in bad moments.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::{Stream, StreamExt as _};
use tokio::net::UnixListener;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::{Notify, mpsc};
use tokio_util::sync::CancellationToken;
use tonic::transport::Server;
use tonic::{Request, Response, Status, Streaming};

use super::Client;
use super::errors::SolveError;
use super::export::{Export, ExportResponse, ImageExport};
use super::progress::SolveStatus;
use super::proto::control::control_server::{Control, ControlServer};
use super::proto::control::{self, types};
use super::request::SolveRequest;
use super::session::{Agents, Credentials, SecretStore, Session, SessionOptions};
use crate::credentials::Keyring;
use crate::dial::{Address, Endpoint};

/// No test waits longer than this for something that must happen.
const HANGS: Duration = Duration::from_secs(60);

type BoxStream<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

/// How the engine behaves in a build.
#[derive(Clone, Copy)]
enum Manner {
    /// The build succeeds, but its report never ends.
    NeverEndingReport,
    /// The build fails, and there is no report.
    FailsWithoutReport,
    /// The build runs until it is cancelled, and then still has something to say.
    RunsUntilCancelled,
}

/// The engine.
#[derive(Clone)]
struct Fake {
    manner: Manner,
    started: Arc<Notify>,
    cancelled: CancellationToken,
    requests: mpsc::UnboundedSender<control::SolveRequest>,
}

fn vertex(name: &str) -> control::StatusResponse {
    let vertex = control::Vertex {
        name: name.into(),
        ..Default::default()
    };
    control::StatusResponse {
        vertexes: vec![vertex],
        ..Default::default()
    }
}

#[tonic::async_trait]
impl Control for Fake {
    async fn solve(
        &self,
        request: Request<control::SolveRequest>,
    ) -> Result<Response<control::SolveResponse>, Status> {
        self.requests
            .send(request.into_inner())
            .expect("the test listens");
        match self.manner {
            Manner::NeverEndingReport => {
                let digest = ("containerimage.digest".into(), "sha256:ab".into());
                let exporter_response = [digest].into();
                Ok(Response::new(control::SolveResponse { exporter_response }))
            }
            Manner::FailsWithoutReport => Err(Status::unknown("it went wrong")),
            Manner::RunsUntilCancelled => {
                let _dropped = self.cancelled.clone().drop_guard();
                self.started.notify_one();
                std::future::pending().await
            }
        }
    }

    type StatusStream = BoxStream<control::StatusResponse>;

    async fn status(
        &self,
        _: Request<control::StatusRequest>,
    ) -> Result<Response<Self::StatusStream>, Status> {
        let first = tokio_stream::once(Ok(vertex("first")));
        let stream = match self.manner {
            Manner::NeverEndingReport => first.chain(tokio_stream::pending()).boxed(),
            Manner::FailsWithoutReport => return Err(Status::not_found("no such job")),
            Manner::RunsUntilCancelled => {
                let cancelled = self.cancelled.clone();
                let last = async move {
                    cancelled.cancelled().await;
                    Ok(vertex("last"))
                };
                first.chain(futures_util::stream::once(last)).boxed()
            }
        };
        Ok(Response::new(stream))
    }

    type SessionStream = BoxStream<control::BytesMessage>;

    async fn session(
        &self,
        request: Request<Streaming<control::BytesMessage>>,
    ) -> Result<Response<Self::SessionStream>, Status> {
        // An engine that has no questions; the session lasts as long as the client's side.
        let silence = request.into_inner().filter(|_| std::future::ready(false));
        Ok(Response::new(silence.boxed()))
    }

    async fn list_workers(
        &self,
        _: Request<control::ListWorkersRequest>,
    ) -> Result<Response<control::ListWorkersResponse>, Status> {
        let record = vec![types::WorkerRecord::default()];
        Ok(Response::new(control::ListWorkersResponse { record }))
    }

    async fn disk_usage(
        &self,
        _: Request<control::DiskUsageRequest>,
    ) -> Result<Response<control::DiskUsageResponse>, Status> {
        Err(Status::unimplemented("no cache"))
    }

    type PruneStream = BoxStream<control::UsageRecord>;

    async fn prune(
        &self,
        _: Request<control::PruneRequest>,
    ) -> Result<Response<Self::PruneStream>, Status> {
        Err(Status::unimplemented("no cache"))
    }

    async fn info(
        &self,
        _: Request<control::InfoRequest>,
    ) -> Result<Response<control::InfoResponse>, Status> {
        Err(Status::unimplemented("old"))
    }

    type ListenBuildHistoryStream = BoxStream<control::BuildHistoryEvent>;

    async fn listen_build_history(
        &self,
        _: Request<control::BuildHistoryRequest>,
    ) -> Result<Response<Self::ListenBuildHistoryStream>, Status> {
        Err(Status::unimplemented("old"))
    }

    async fn update_build_history(
        &self,
        _: Request<control::UpdateBuildHistoryRequest>,
    ) -> Result<Response<control::UpdateBuildHistoryResponse>, Status> {
        Err(Status::unimplemented("old"))
    }
}

/// The engine, and a client with a session on it.
struct Setting {
    fake: Fake,
    requests: mpsc::UnboundedReceiver<control::SolveRequest>,
    /// What the engine runs on, so that it can go with all its connections.
    runtime: Option<Runtime>,
    client: Client,
    session: Session,
    _directory: tempfile::TempDir,
}

impl Setting {
    async fn with(manner: Manner) -> Self {
        let (requests, received) = mpsc::unbounded_channel();
        let cancelled = CancellationToken::new();
        let fake = Fake {
            manner,
            started: Arc::default(),
            cancelled,
            requests,
        };
        let directory = tempfile::tempdir().unwrap();
        let socket = directory.path().join("buildkitd.sock");
        let listener = std::os::unix::net::UnixListener::bind(&socket).unwrap();
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        runtime.spawn(serve(fake.clone(), listener));
        let client = Client::connect(&Endpoint::buildkitd(Address::Unix(socket)))
            .await
            .unwrap();
        let session = client.open_session(options()).await.unwrap();
        Self {
            fake,
            requests: received,
            runtime: Some(runtime),
            client,
            session,
            _directory: directory,
        }
    }

    /// Runs a build while `meanwhile` happens, and gives its end and the names of its steps.
    async fn solve<F: Future<Output = ()>>(
        &self,
        cancel: &CancellationToken,
        meanwhile: F,
    ) -> (Result<ExportResponse, SolveError>, Vec<String>) {
        let (events, mut received) = mpsc::channel::<SolveStatus>(1);
        let request = SolveRequest {
            exports: vec![Export::Image(ImageExport {
                push: true,
                ..Default::default()
            })],
            ..Default::default()
        };
        let build = self.client.solve(&self.session, request, events, cancel);
        let collect = async {
            let mut names = Vec::new();
            while let Some(status) = received.recv().await {
                names.extend(status.vertexes.into_iter().map(|vertex| vertex.name));
            }
            names
        };
        let all = async { tokio::join!(build, collect, meanwhile) };
        let (result, names, ()) = tokio::time::timeout(HANGS, all)
            .await
            .expect("the build hangs");
        (result, names)
    }
}

impl Drop for Setting {
    fn drop(&mut self) {
        // Runtimes may not be dropped where others run.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

async fn serve(fake: Fake, listener: std::os::unix::net::UnixListener) {
    listener.set_nonblocking(true).unwrap();
    let listener = UnixListener::from_std(listener).unwrap();
    let connections = futures_util::stream::unfold(listener, async |listener| {
        let connection = listener.accept().await.map(|(stream, _)| stream);
        Some((connection, listener))
    });
    let server = Server::builder().add_service(ControlServer::new(fake));
    server.serve_with_incoming(connections).await.unwrap();
}

fn options() -> SessionOptions {
    SessionOptions {
        shared_key: "key".into(),
        directories: Vec::new(),
        secrets: SecretStore::default(),
        credentials: Credentials::new(Keyring::default()),
        agents: Agents::default(),
    }
}

#[tokio::test]
async fn a_report_that_never_ends_does_not_hold_the_result_back() {
    let setting = Setting::with(Manner::NeverEndingReport).await;
    let (result, names) = setting.solve(&CancellationToken::new(), async {}).await;
    assert_eq!(result.unwrap().digest(), Some("sha256:ab".into()));
    assert_eq!(names, ["first"]);
}

#[tokio::test]
async fn a_failure_without_a_report_is_a_failure() {
    let setting = Setting::with(Manner::FailsWithoutReport).await;
    let (result, names) = setting.solve(&CancellationToken::new(), async {}).await;
    let Err(SolveError::Failed(failure)) = result else {
        panic!("{result:?}")
    };
    assert_eq!(
        (failure.message.as_str(), names.len()),
        ("it went wrong", 0)
    );
}

#[tokio::test]
async fn cancelling_drops_the_call_and_still_hears_the_last_words() {
    let setting = Setting::with(Manner::RunsUntilCancelled).await;
    let cancel = CancellationToken::new();
    let meanwhile = async {
        setting.fake.started.notified().await;
        cancel.cancel();
    };
    let (result, names) = setting.solve(&cancel, meanwhile).await;
    assert!(matches!(result, Err(SolveError::Cancelled)), "{result:?}");
    assert!(setting.fake.cancelled.is_cancelled());
    assert_eq!(names, ["first", "last"]);
}

#[tokio::test]
async fn an_engine_that_vanishes_is_lost() {
    let mut setting = Setting::with(Manner::RunsUntilCancelled).await;
    let runtime = setting.runtime.take().unwrap();
    let meanwhile = async {
        setting.fake.started.notified().await;
        runtime.shutdown_background();
    };
    let (result, _) = setting.solve(&CancellationToken::new(), meanwhile).await;
    assert!(matches!(result, Err(SolveError::Lost(_))), "{result:?}");
}

#[tokio::test]
async fn a_build_that_is_cancelled_before_it_starts_is_cancelled() {
    let setting = Setting::with(Manner::RunsUntilCancelled).await;
    let cancel = CancellationToken::new();
    cancel.cancel();
    let (result, _) = setting.solve(&cancel, async {}).await;
    assert!(matches!(result, Err(SolveError::Cancelled)), "{result:?}");
}

#[tokio::test]
async fn requests_are_safe_for_engines_that_crash_on_empty_messages() {
    let mut setting = Setting::with(Manner::NeverEndingReport).await;
    let (result, _) = setting.solve(&CancellationToken::new(), async {}).await;
    result.unwrap();
    let request = setting.requests.recv().await.unwrap();
    assert!(request.cache.is_some() && request.frontend_inputs.is_empty());
    // Old engines read the first field only, new ones the second.
    let only = &request.exporters[0];
    assert_eq!(
        (
            &request.exporter_deprecated,
            &request.exporter_attrs_deprecated
        ),
        (&only.r#type, &only.attrs)
    );
    assert_eq!(
        (only.r#type.as_str(), only.attrs["push"].as_str()),
        ("image", "true")
    );
}
