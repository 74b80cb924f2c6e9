//! One target: attempted, and tried again where the reason is a passing one.

use jiff::Timestamp;

use super::attempt::AttemptError;
use super::event::Event;
use super::exported::{Exported, Staged};
use super::failure;
use super::gate::Arrival;
use super::outcome::{Failure, Pushed, outcome};
use super::request::Prepared;
use super::retry::Passing;
use super::run::Run;
use crate::buildkit::SolveError;
use crate::buildkit::session::Session;
use crate::plan::PlannedTarget;

impl<'a> Run<'a> {
    /// Builds one target.
    pub(super) async fn target<'p>(
        &'a self,
        target: &'p PlannedTarget,
        prepared: Prepared,
        session: &Session,
    ) -> Exported<'p> {
        let permit = self.cancel.run_until_cancelled(self.jobs.acquire()).await;
        self.listener
            .tell(Event::TargetStarted {
                target: target.name.clone(),
                at: Timestamp::now(),
            })
            .await;
        let mut arrival = Arrival {
            gate: self.gate.as_ref(),
            permit: permit.and_then(Result::ok),
            has_arrived: false,
        };
        let pushed = Pushed::default();
        let result = if self.cancel.is_cancelled() {
            Err(Failure::cancelled())
        } else {
            self.build(target, prepared, session, &mut arrival, &pushed)
                .await
        };
        if result.is_err() {
            arrival.fail();
            if !self.policy.keep_going {
                self.cancel.cancel();
            }
        }
        self.tell_of_files(target, session).await;
        if result.is_ok() {
            self.tell_of_damage(target, session).await;
        }
        Exported {
            target,
            unnamed: self.unnamed(&result, &pushed),
            result,
        }
    }

    fn unnamed(&self, result: &Result<Staged, Failure>, pushed: &Pushed) -> Vec<String> {
        if !self.is_whole {
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
        &'a self,
        target: &PlannedTarget,
        mut prepared: Prepared,
        session: &Session,
        arrival: &mut Arrival<'a>,
        pushed: &Pushed,
    ) -> Result<Staged, Failure> {
        let mut renewed: Option<Session> = None;
        let mut attempt = 0;
        loop {
            let session = renewed.as_ref().unwrap_or(session);
            let error = match self
                .attempt(target, prepared, session, arrival, pushed)
                .await
            {
                Ok(staged) => return Ok(staged),
                Err(AttemptError::Final(failure)) => return Err(failure),
                Err(AttemptError::Solve(error)) => error,
            };
            let passing = Passing::of_solve(&error).filter(|_| attempt < self.policy.retries);
            let Some(passing) = passing.filter(|_| !self.cancel.is_cancelled()) else {
                return Err(self.failure(error, target, session, pushed));
            };
            attempt += 1;
            self.wait_to_retry(Some(target), &passing, attempt).await?;
            if session.is_closed() {
                let opened = self.sessions.reopen(self.client, target).await;
                match opened {
                    Ok(opened) => renewed = Some(opened),
                    // The engine is gone: that is what is worth knowing.
                    Err(_) => return Err(self.failure(error, target, session, pushed)),
                }
            }
            prepared = self.prepare(target).await.map_err(Failure::of)?;
        }
    }

    fn failure(
        &self,
        mut error: SolveError,
        target: &PlannedTarget,
        session: &Session,
        pushed: &Pushed,
    ) -> Failure {
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
            published: if self.is_whole {
                Vec::new()
            } else {
                pushed.names()
            },
            output,
        }
    }
}
