//! One target: attempted, and tried again where the reason is a passing one.

use std::sync::Arc;

use futures_util::future::join_all;
use jiff::Timestamp;
use tokio::sync::OnceCell;

use super::attempt::AttemptError;
use super::event::Event;
use super::exported::{Exported, PartEnd, Staged};
use super::failure;
use super::gate::Arrival;
use super::nodes::Part;
use super::outcome::{Failure, Pushed, outcome};
use super::request::Prepared;
use super::retry::Passing;
use super::run::Run;
use crate::buildkit::SolveError;
use crate::buildkit::session::Session;
use crate::plan::PlannedTarget;

/// A part that nothing stands in the way of.
pub(super) struct Ready<'r> {
    pub(super) part: &'r Part<'r>,
    pub(super) prepared: Prepared,
    pub(super) session: Arc<Session>,
}

impl<'a> Run<'a> {
    /// Builds one target, on as many nodes as its platforms need.
    pub(super) async fn target<'p>(
        &self,
        target: &'p PlannedTarget,
        parts: Vec<Ready<'_>>,
    ) -> Exported<'p> {
        let is_joined = parts.len() > 1;
        let started = OnceCell::new();
        let parts = parts.into_iter().map(async |ready| {
            let run = self.on(ready.part);
            Box::pin(run.part(ready, &started)).await
        });
        let mut ends = join_all(parts).await;
        if is_joined {
            return self.join(target, ends).await;
        }
        let PartEnd { result, unnamed } = ends.swap_remove(0);
        Exported {
            target,
            result,
            unnamed,
        }
    }

    /// Builds what is one node's.
    async fn part(&self, ready: Ready<'_>, started: &OnceCell<()>) -> PartEnd {
        let Ready {
            part,
            prepared,
            session,
        } = ready;
        let permit = self.cancel.run_until_cancelled(self.jobs.acquire()).await;
        let start = async || {
            let target = part.target.name.clone();
            let at = Timestamp::now();
            self.listener
                .tell(Event::TargetStarted { target, at })
                .await;
        };
        started.get_or_init(start).await;
        let mut arrival = Arrival {
            gate: self.gate,
            permit: permit.and_then(Result::ok),
            has_arrived: false,
        };
        let pushed = Pushed::default();
        let result = if self.cancel.is_cancelled() {
            Err(Failure::cancelled())
        } else {
            self.build(part, prepared, &session, &mut arrival, &pushed)
                .await
        };
        if result.is_err() {
            arrival.fail();
            if !self.policy.keep_going {
                self.cancel.cancel();
            }
        }
        self.tell_of_files(&part.target, &session).await;
        if result.is_ok() {
            self.tell_of_damage(&part.target, &session).await;
        }
        PartEnd {
            unnamed: self.unnamed(part, &result, &pushed),
            result,
        }
    }

    fn unnamed(
        &self,
        part: &Part<'_>,
        result: &Result<Staged, Failure>,
        pushed: &Pushed,
    ) -> Vec<String> {
        if !self.withholds(part) {
            return Vec::new();
        }
        match result {
            Ok(Staged {
                delivery,
                digest: Some(digest),
                ..
            }) => {
                let places = delivery.places().into_iter();
                places
                    .map(|place| format!("{}/{}@{digest}", place.domain, place.path))
                    .collect()
            }
            Ok(_) => Vec::new(),
            Err(_) => pushed.manifests(),
        }
    }

    async fn build(
        &self,
        part: &Part<'_>,
        mut prepared: Prepared,
        session: &Session,
        arrival: &mut Arrival<'a>,
        pushed: &Pushed,
    ) -> Result<Staged, Failure> {
        let target = &*part.target;
        let mut renewed: Option<Session> = None;
        let mut attempt = 0;
        loop {
            let session = renewed.as_ref().unwrap_or(session);
            let error = match self.attempt(part, prepared, session, arrival, pushed).await {
                Ok(staged) => return Ok(staged),
                Err(AttemptError::Final(failure)) => return Err(failure),
                Err(AttemptError::Solve(error)) => error,
            };
            let passing = Passing::of_solve(&error).filter(|_| attempt < self.policy.retries);
            let Some(passing) = passing.filter(|_| !self.cancel.is_cancelled()) else {
                return Err(self.failure(error, part, session, pushed));
            };
            attempt += 1;
            self.wait_to_retry(Some(target), &passing, attempt).await?;
            if session.is_closed() {
                let opened = self.sessions.reopen(self.client, target).await;
                match opened {
                    Ok(opened) => renewed = Some(opened),
                    // The engine is gone: that is what is worth knowing.
                    Err(_) => return Err(self.failure(error, part, session, pushed)),
                }
            }
            prepared = self.prepare(part).await.map_err(Failure::of)?;
        }
    }

    fn failure(
        &self,
        mut error: SolveError,
        part: &Part<'_>,
        session: &Session,
        pushed: &Pushed,
    ) -> Failure {
        let target = &*part.target;
        let output = match &mut error {
            SolveError::Failed(failure) => failure.output.take(),
            SolveError::Unsupported(_)
            | SolveError::Cancelled
            | SolveError::Lost(_)
            | SolveError::Layout(_) => None,
        };
        let source_map = self.dockerfiles.of(target).source_map();
        let mut absent_secrets = failure::absent_secrets(&error, source_map, session);
        // Numbers of jobs are no secrets: without one, there is one job per core.
        absent_secrets.retain(|id| !target.memory_per_job.contains_key(id));
        Failure {
            outcome: outcome(&error),
            absent_secrets,
            problems: failure::problems(error, &target.name, source_map, session),
            published: if self.withholds(part) {
                Vec::new()
            } else {
                pushed.names()
            },
            output,
        }
    }
}
