//! Runs one build: the Solve call and, next to it, its Status stream.

use std::collections::HashMap;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tonic::Status;
use tonic::transport::Channel;

use super::cache::Directories;
use super::errors::SolveError;
use super::export::{Export, ExportResponse};
use super::id;
use super::progress::SolveStatus;
use super::proto::control::control_client::ControlClient;
use super::proto::control::{self, SolveResponse};
use super::request::SolveRequest;
use super::request_proto;
use super::session::{Destination, Session};
use super::status;
use crate::buildkit::connection::MESSAGE_LIMIT;

/// How long the end of a cancelled build is watched, so that its last output is seen.
const CANCEL_LIMIT: Duration = Duration::from_millis(500);

/// How long the report of a build that has ended may take.
const REPORT_LIMIT: Duration = Duration::from_secs(10);

/// How long a build may go on without its session: engines notice its loss themselves, and tell
/// more than we know.
const SESSION_LOSS_LIMIT: Duration = Duration::from_secs(2);

/// Runs a build to its end; see [`super::Client::solve`].
pub(super) async fn solve(
    channel: &Channel,
    session: &Session,
    request: SolveRequest,
    events: mpsc::Sender<SolveStatus>,
    cancel: &CancellationToken,
) -> Result<ExportResponse, SolveError> {
    let reference = id::random();
    let directories = Directories::offer(session, &request)?;
    let message = request_proto::message(&request, &reference, session.id());
    let _receiving = session.expect(destinations(request.exports)).await;
    let job = Job {
        channel,
        session,
        reference,
        events,
    };
    let response = job.run(job.call(message), cancel).await?;
    publish(session, &directories, response)
}

/// Gives what the engine sent to us its names, now that the build has ended well. The session must
/// still expect it.
pub(super) fn publish(
    session: &Session,
    directories: &Directories,
    response: SolveResponse,
) -> Result<ExportResponse, SolveError> {
    session.publish().map_err(SolveError::from_status)?;
    let response: ExportResponse = response.exporter_response.into_iter().collect();
    directories.publish(&response)?;
    Ok(response)
}

/// Returns where the session puts what exporters send to us, by the exporter's number.
pub(super) fn destinations(exports: Vec<Export>) -> HashMap<u32, Destination> {
    (0..)
        .zip(exports)
        .filter_map(|(number, export)| Some((number, export.into_destination()?)))
        .collect()
}

/// A build that the engine knows by its reference.
pub(super) struct Job<'a> {
    pub(super) channel: &'a Channel,
    pub(super) session: &'a Session,
    pub(super) reference: String,
    pub(super) events: mpsc::Sender<SolveStatus>,
}

impl Job<'_> {
    /// Makes the call that lasts as long as the build.
    pub(super) async fn call(
        &self,
        message: control::SolveRequest,
    ) -> Result<SolveResponse, Status> {
        let mut client =
            ControlClient::new(self.channel.clone()).max_decoding_message_size(MESSAGE_LIMIT);
        client.solve(message).await.map(tonic::Response::into_inner)
    }

    /// Waits for `build`, while the Status stream goes to `events`.
    ///
    /// Dropping the call is how a build is cancelled: the engine sees the HTTP/2 stream reset, and
    /// kills the running step within some hundredths of a second.
    pub(super) async fn run<T>(
        &self,
        build: impl Future<Output = Result<T, Status>>,
        cancel: &CancellationToken,
    ) -> Result<T, SolveError> {
        let ended = CancellationToken::new();
        let report = status::follow(
            self.channel.clone(),
            self.reference.clone(),
            self.events.clone(),
            ended.clone(),
        );
        let mut report = AbortOnDrop(tokio::spawn(report));
        let result = tokio::select! {
            biased;
            result = build => result.map_err(|status| self.error(status)),
            () = cancel.cancelled() => Err(SolveError::Cancelled),
            () = self.session_lost() => Err(SolveError::Lost(None)),
        };
        ended.cancel();
        let limit = if matches!(result, Err(SolveError::Cancelled)) {
            CANCEL_LIMIT
        } else {
            REPORT_LIMIT
        };
        tokio::time::timeout(limit, &mut report.0).await.ok();
        result
    }

    /// A build that fails because its session went away fails for no reason of its own.
    fn error(&self, status: Status) -> SolveError {
        if self.session.is_closed() {
            return SolveError::Lost(Some(Box::new(status)));
        }
        SolveError::from_status(status)
    }

    async fn session_lost(&self) {
        self.session.closed().await;
        tokio::time::sleep(SESSION_LOSS_LIMIT).await;
    }
}

/// A task that nobody waits for any more is stopped.
struct AbortOnDrop(tokio::task::JoinHandle<()>);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}
