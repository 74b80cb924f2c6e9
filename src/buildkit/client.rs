//! The client: one connection to one engine.

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::capabilities::Capabilities;
use super::check::{self, CheckReport};
use super::errors::SolveError;
use super::export::ExportResponse;
use super::progress::SolveStatus;
use super::request::SolveRequest;
use super::session::{Session, SessionOptions};
use super::solve;
use super::staged::{self, Solved, StagedError};
use crate::buildkit::connection::Connection;
use crate::dial::{ConnectError, Endpoint};

/// A connection to an engine. Clones share it.
#[derive(Clone, Debug)]
pub struct Client {
    connection: Connection,
    capabilities: Capabilities,
}

impl Client {
    /// Connects, in the way that suits the engine, and asks what it can do.
    pub async fn connect(endpoint: &Endpoint) -> Result<Self, ConnectError> {
        let mut connection = Connection::open(endpoint).await?;
        let workers = std::mem::take(&mut connection.workers);
        let capabilities = Capabilities::new(connection.engine.clone(), workers);
        Ok(Self {
            connection,
            capabilities,
        })
    }

    /// Returns what the engine can do.
    pub fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    /// Opens a session, for any number of builds, one after the other or at once.
    pub async fn open_session(&self, options: SessionOptions) -> Result<Session, ConnectError> {
        Session::open(&self.connection, options).await
    }

    /// Runs a build to its end.
    ///
    /// What the engine reports goes to `events`, which must be received from: a full channel holds
    /// the build up. When `cancel` is cancelled, so is the build; its last output still comes for
    /// half a second at most. Builds of one session may run at once, but those that send results
    /// to us take turns.
    pub async fn solve(
        &self,
        session: &Session,
        request: SolveRequest,
        events: mpsc::Sender<SolveStatus>,
        cancel: &CancellationToken,
    ) -> Result<ExportResponse, SolveError> {
        let unsupported = self.capabilities.check(&request);
        if !unsupported.is_empty() {
            return Err(SolveError::Unsupported(unsupported));
        }
        // Boxed, because it holds whole gRPC calls and its callers want to hold many of it.
        Box::pin(solve::solve(
            &self.connection.channel,
            session,
            request,
            events,
            cancel,
        ))
        .await
    }

    /// Runs a build to its end, but exports the result only if `accept` says so; until then it is
    /// held in the engine. See [`solve`](Self::solve) for `events` and `cancel`.
    ///
    /// # Errors
    /// Fails as the build does, or with what `accept` returned.
    pub async fn solve_staged<E>(
        &self,
        session: &Session,
        request: SolveRequest,
        events: mpsc::Sender<SolveStatus>,
        cancel: &CancellationToken,
        accept: impl AsyncFnOnce(&Solved) -> Result<(), E>,
    ) -> Result<ExportResponse, StagedError<E>> {
        let unsupported = self.capabilities.check(&request);
        if !unsupported.is_empty() {
            return Err(StagedError::Solve(SolveError::Unsupported(unsupported)));
        }
        let engine = staged::Engine {
            channel: &self.connection.channel,
            evaluates_results: self.capabilities.evaluates_results(),
            takes_sources: self.capabilities.takes_sources(),
        };
        Box::pin(staged::solve(
            engine, session, request, events, cancel, accept,
        ))
        .await
    }

    /// Runs BuildKit's own checks on the Dockerfile of `request`, without building anything.
    pub async fn check(
        &self,
        session: &Session,
        request: &SolveRequest,
        cancel: &CancellationToken,
    ) -> Result<CheckReport, SolveError> {
        Box::pin(check::check(
            &self.connection.channel,
            session,
            request,
            cancel,
        ))
        .await
    }

    /// Asks the Dockerfile frontend about the Dockerfile of `request`, without building anything.
    /// Returns what it answers, as text for people or as JSON.
    pub async fn ask(
        &self,
        session: &Session,
        request: &SolveRequest,
        question: &str,
        json: bool,
        cancel: &CancellationToken,
    ) -> Result<String, SolveError> {
        let form = if json { "result.json" } else { "result.txt" };
        let channel = &self.connection.channel;
        let answer = check::ask(channel, session, request, (question, form), cancel);
        let answer = Box::pin(answer).await?;
        Ok(String::from_utf8_lossy(&answer).into_owned())
    }
}
