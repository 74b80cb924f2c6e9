//! One target: solved, checked, exported – and tried again where the reason is a passing one.

use jiff::Timestamp;
use tokio::io::DuplexStream;
use tokio::sync::{SemaphorePermit, mpsc};

use super::delivery::Delivery;
use super::event::{BuiltTarget, Event, Layers};
use super::failure;
use super::gate::Gate;
use super::outcome::{Built, Failure, Pushed, Refusal, outcome};
use super::request::Prepared;
use super::retry::Passing;
use super::run::Run;
use super::smoke;
use crate::buildkit::export::{Export, ExportResponse};
use crate::buildkit::progress::SolveStatus;
use crate::buildkit::session::Session;
use crate::buildkit::{Digest, SolveError, SolveRequest, Solved, StagedError, Store};
use crate::plan::{MANY_LAYERS, PlannedTarget, many_layers};
use crate::problem::Problem;

/// How many events may wait for whoever shows them.
const WAITING_EVENTS: usize = 256;

/// A target whose image is where it is to be, but for the names that move at the end.
pub(super) struct Exported<'p> {
    pub(super) target: &'p PlannedTarget,
    pub(super) result: Result<Staged, Failure>,
    /// What was uploaded without a name, as `repository@digest`.
    pub(super) unnamed: Vec<String>,
}

/// What was made, and what is left to do.
pub(super) struct Staged {
    pub(super) built: Built,
    pub(super) delivery: Delivery,
    /// What registries call it.
    pub(super) digest: Option<Digest>,
}

/// A build on its way to the gate.
struct Arrival<'g> {
    gate: Option<&'g Gate>,
    permit: Option<SemaphorePermit<'g>>,
    has_arrived: bool,
}

impl Arrival<'_> {
    fn arrive(&mut self) {
        // Whoever waits for others does not keep them from being solved.
        self.permit = None;
        if !std::mem::replace(&mut self.has_arrived, true)
            && let Some(gate) = self.gate
        {
            gate.arrive();
        }
    }

    fn fail(&mut self) {
        if !std::mem::replace(&mut self.has_arrived, true)
            && let Some(gate) = self.gate
        {
            gate.fail();
        }
    }
}

/// Why one attempt did not succeed.
enum AttemptError {
    Solve(SolveError),
    Final(Failure),
}

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

    async fn attempt(
        &'a self,
        target: &PlannedTarget,
        prepared: Prepared,
        session: &Session,
        arrival: &mut Arrival<'a>,
        pushed: &Pushed,
    ) -> Result<Staged, AttemptError> {
        let Prepared {
            request,
            delivery,
            loading,
        } = prepared;
        let names = Names::of(&request.exports, &delivery);
        let (statuses, received) = mpsc::channel(WAITING_EVENTS);
        let solve = self.solve(target, request, session, arrival, statuses);
        let forward = self.forward(target, received, pushed);
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
        &'a self,
        target: &PlannedTarget,
        request: SolveRequest,
        session: &Session,
        arrival: &mut Arrival<'a>,
        statuses: mpsc::Sender<SolveStatus>,
    ) -> Result<ExportResponse, StagedError<Refusal>> {
        let (client, cancel) = (self.client, &self.cancel);
        if target.smoke.is_empty() && self.gate.is_none() && !request.whole_output {
            let solve = client.solve(session, request, statuses, cancel);
            return solve.await.map_err(StagedError::Solve);
        }
        let accept = async |solved: &Solved| self.accept(target, solved, arrival).await;
        let solve = client.solve_staged(session, request, statuses, cancel, accept);
        solve.await
    }

    async fn accept(
        &self,
        target: &PlannedTarget,
        solved: &Solved,
        arrival: &mut Arrival<'_>,
    ) -> Result<(), Refusal> {
        let runnable = &self.client.capabilities().platforms;
        smoke::check(runnable, target, solved)
            .await
            .map_err(Refusal::Smoke)?;
        arrival.arrive();
        match &self.gate {
            Some(gate) => gate.pass(&self.cancel).await.map_err(Refusal::Gate),
            None => Ok(()),
        }
    }

    async fn forward(
        &self,
        target: &PlannedTarget,
        mut statuses: mpsc::Receiver<SolveStatus>,
        pushed: &Pushed,
    ) {
        let source_map = self.dockerfiles.of(target).source_map();
        while let Some(mut status) = statuses.recv().await {
            pushed.note(&status);
            let warnings = std::mem::take(&mut status.warnings).into_iter();
            status.warnings = warnings
                .map(|warning| failure::at_fragment(warning, source_map))
                .collect();
            let target = Some(target.name.clone());
            self.listener.tell(Event::Progress { target, status }).await;
        }
    }

    /// Returns what the engine calls an image that it has loaded.
    pub(super) fn loaded(&self, response: &ExportResponse) -> Option<Digest> {
        match self.client.capabilities().store {
            Store::Classic => response.config_digest(),
            Store::Containerd | Store::None => response.digest(),
        }
    }

    /// Asks the engine what it has now. The image is there, also if the engine has no answer.
    async fn image(
        &self,
        target: &PlannedTarget,
        Names { all, pushed }: Names,
        delivery: &Delivery,
        response: &ExportResponse,
    ) -> BuiltTarget {
        let digest = self.loaded(response).map(|digest| digest.to_string());
        let known_as = if delivery.local_names.is_empty() {
            all.first().cloned()
        } else {
            digest
        };
        let stored = match (known_as, self.engine) {
            (Some(name), Some(engine)) => engine.image(&name).await,
            (Some(_) | None, None) | (None, Some(_)) => Ok(None),
        };
        let stored = match stored {
            Ok(stored) => stored,
            Err(error) => {
                let why = Problem::from(error);
                self.listener
                    .warn(Some(target), format!("Its size is not known: {why}"))
                    .await;
                None
            }
        };
        if let Some(layers) = stored.as_ref().map(|stored| stored.layers)
            && layers >= MANY_LAYERS
        {
            self.listener.warn(Some(target), many_layers(layers)).await;
        }
        BuiltTarget {
            digest: response.digest(),
            image_id: stored.as_ref().map(|stored| stored.id.as_str().into()),
            size_of: stored
                .as_ref()
                .and_then(|_| match self.client.capabilities().store {
                    Store::Classic => Some(Layers::Unpacked),
                    Store::Containerd => Some(Layers::Compressed),
                    Store::None => None,
                }),
            size: stored.map(|stored| stored.size),
            tags: all,
            pushed,
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

/// The names of an image.
struct Names {
    all: Vec<String>,
    /// Those that registries give it.
    pushed: Vec<String>,
}

impl Names {
    /// Collects the names that exporters give, and those that are put later, each once.
    fn of(exports: &[Export], delivery: &Delivery) -> Self {
        let Delivery {
            to_push,
            local_names,
            registry_names,
            loaded_names,
            engine_uploads: _,
        } = delivery;
        let mut pushed = [to_push.as_slice(), registry_names].concat();
        let mut all: Vec<String> = Vec::new();
        // Without names of its own, an exporter of repositories only uploads.
        let is_whole = !local_names.is_empty() || !registry_names.is_empty();
        if !is_whole {
            all.extend(exports.iter().flat_map(Export::names).cloned());
            for export in exports {
                match export {
                    Export::Image(image) if image.push => {
                        pushed.extend_from_slice(&image.image.names);
                    }
                    Export::Image(_) | Export::Moby(_) | Export::Archive(_) | Export::Local(_) => {}
                }
            }
        }
        all.extend(
            pushed
                .iter()
                .chain(local_names)
                .chain(loaded_names)
                .cloned(),
        );
        let mut seen = std::collections::BTreeSet::new();
        all.retain(|name| seen.insert(name.clone()));
        Self { all, pushed }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::buildkit::export::{ImageExport, ImageOptions, MobyExport};

    #[test]
    fn a_name_that_is_loaded_and_pushed_is_said_once() {
        let image = |names: &[&str]| ImageOptions {
            names: names.iter().map(|&name| name.to_owned()).collect(),
            ..ImageOptions::default()
        };
        let exports = [
            Export::Image(ImageExport {
                image: image(&["r/x:1"]),
                push: true,
            }),
            Export::Moby(MobyExport {
                image: image(&["r/x:1", "x:1"]),
            }),
        ];
        let names = Names::of(&exports, &Delivery::default());
        assert_eq!(names.all, ["r/x:1", "x:1"]);
        assert_eq!(names.pushed, ["r/x:1"]);
    }

    #[test]
    fn names_that_are_put_later_are_the_images() {
        let delivery = Delivery {
            registry_names: vec!["r/x:1".into()],
            local_names: vec!["x:1".into()],
            ..Delivery::default()
        };
        let names = Names::of(&[], &delivery);
        assert_eq!(names.all, ["r/x:1", "x:1"]);
    }
}
