//! One attempt at a target: solved, checked, exported, loaded and pushed.

use tokio::io::DuplexStream;
use tokio::sync::mpsc;

use super::event::Event;
use super::exported::Staged;
use super::failure;
use super::gate::Arrival;
use super::image::Names;
use super::nodes::Part;
use super::outcome::{Built, Failure, Pushed, Refusal};
use super::request::Prepared;
use super::run::Run;
use super::smoke;
use crate::buildkit::export::ExportResponse;
use crate::buildkit::progress::SolveStatus;
use crate::buildkit::session::Session;
use crate::buildkit::{SolveError, SolveRequest, Solved, StagedError};
use crate::problem::Problem;

/// How many events may wait for whoever shows them.
const WAITING_EVENTS: usize = 256;

/// Why one attempt did not succeed.
pub(super) enum AttemptError {
    Solve(SolveError),
    Final(Failure),
}

impl<'a> Run<'a> {
    pub(super) async fn attempt(
        &self,
        part: &Part<'_>,
        prepared: Prepared,
        session: &Session,
        arrival: &mut Arrival<'a>,
        pushed: &Pushed,
    ) -> Result<Staged, AttemptError> {
        let target = &*part.target;
        let Prepared {
            request,
            delivery,
            loading,
        } = prepared;
        let names = Names::of(&request.exports, &delivery);
        let (statuses, received) = mpsc::channel(WAITING_EVENTS);
        let solve = self.solve(part, request, session, arrival, statuses);
        let forward = self.forward(part, received, pushed);
        let build = async {
            let (response, ()) = tokio::join!(solve, forward);
            response
        };
        let (response, loaded) = with_load(build, self.load(loading)).await;
        let mut response = response.map_err(|error| match error {
            StagedError::Solve(error) => AttemptError::Solve(error),
            StagedError::Refused(refusal) => AttemptError::Final(refusal.into()),
        })?;
        loaded.map_err(|problem| AttemptError::Final(Failure::of(problem.into())))?;
        let push = if delivery.engine_uploads {
            self.upload(target, &delivery, &response, session).await
        } else {
            self.push(target, &delivery.to_push, session).await
        };
        let digest = push.map_err(AttemptError::Final)?;
        if let Some(digest) = &digest {
            response.pushed_as(digest);
        }
        let digest = digest.or_else(|| response.digest());
        let image = self.image(target, names, &delivery, &response).await;
        Ok(Staged {
            built: Built { image, response },
            delivery,
            digest,
        })
    }

    /// Loads what the builder sends into the engine.
    async fn load(&self, loading: Option<DuplexStream>) -> Result<(), Problem> {
        match (loading, self.engine) {
            (Some(archive), Some(engine)) => {
                engine.load_image(archive).await.map_err(Problem::from)
            }
            (Some(_) | None, None) | (None, Some(_)) => Ok(()),
        }
    }

    /// Solves a target. A target that is not alone, or that has smoke tests, is exported when
    /// all targets are built and have passed theirs.
    async fn solve(
        &self,
        part: &Part<'_>,
        request: SolveRequest,
        session: &Session,
        arrival: &mut Arrival<'a>,
        statuses: mpsc::Sender<SolveStatus>,
    ) -> Result<ExportResponse, StagedError<Refusal>> {
        let (client, cancel) = (self.client, self.cancel);
        if part.target.smoke.is_empty() && self.gate.is_none() && !request.whole_output {
            let solve = client.solve(session, request, statuses, cancel);
            return solve.await.map_err(StagedError::Solve);
        }
        let accept = async |solved: &Solved| self.accept(part, solved, arrival).await;
        let solve = client.solve_staged(session, request, statuses, cancel, accept);
        solve.await
    }

    async fn accept(
        &self,
        part: &Part<'_>,
        solved: &Solved,
        arrival: &mut Arrival<'_>,
    ) -> Result<(), Refusal> {
        let runnable = &self.client.capabilities().platforms;
        smoke::check(runnable, part, solved)
            .await
            .map_err(Refusal::Smoke)?;
        arrival.arrive();
        match self.gate {
            Some(gate) => gate.pass(self.cancel).await.map_err(Refusal::Gate),
            None => Ok(()),
        }
    }

    async fn forward(
        &self,
        part: &Part<'_>,
        mut statuses: mpsc::Receiver<SolveStatus>,
        pushed: &Pushed,
    ) {
        let source_map = self.dockerfiles.of(&part.target).source_map();
        while let Some(mut status) = statuses.recv().await {
            pushed.note(&status);
            let warnings = std::mem::take(&mut status.warnings).into_iter();
            status.warnings = warnings
                .map(|warning| failure::at_fragment(warning, source_map))
                .collect();
            let target = Some(part.target.name.clone());
            self.listener.tell(Event::Progress { target, status }).await;
        }
    }
}

/// Waits for a build and for the load of what it sends. A build that fails sends nothing more.
async fn with_load<T, E, L>(
    build: impl Future<Output = Result<T, E>>,
    load: impl Future<Output = Result<(), L>>,
) -> (Result<T, E>, Result<(), L>) {
    let (mut build, mut load) = (std::pin::pin!(build), std::pin::pin!(load));
    let loaded = tokio::select! {
        response = &mut build => {
            let loaded = if response.is_ok() { load.await } else { Ok(()) };
            return (response, loaded);
        }
        loaded = &mut load => loaded,
    };
    (build.await, loaded)
}
