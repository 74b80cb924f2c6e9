//! One run of a plan's builds on an engine, and what is told of it meanwhile.

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::dockerfiles::Dockerfiles;
use super::event::{BuiltTarget, Event, Layers, NoteLevel, TargetOutcome};
use super::failure;
use super::gate::{Gate, NeverOpened};
use super::preflight;
use super::request::{Prepared, request};
use super::smoke::{self, SmokeFailure};
use crate::buildkit::cache::ActionsService;
use crate::buildkit::export::{Export, ExportResponse};
use crate::buildkit::progress::SolveStatus;
use crate::buildkit::session::Session;
use crate::buildkit::{Client, Digest, SolveError, SolveRequest, Solved, StagedError, Store};
use crate::engine::Engine;
use crate::plan::{CacheServer, MANY_LAYERS, PlannedTarget, many_layers};
use crate::problem::{Problem, Problems};

/// How many events may wait for whoever shows them.
const WAITING_EVENTS: usize = 256;

/// How one target ended.
#[derive(Debug)]
pub struct Finished {
    /// The target's name in the plan.
    pub target: String,
    /// Names under which the image is to be had now, also if something else failed afterwards.
    pub published: Vec<String>,
    /// What was made of it, or why not.
    pub outcome: Result<Built, Problems>,
    /// The ids of secrets that the step which failed mounts and this build does not have.
    pub absent_secrets: Vec<String>,
}

/// What was made of a target.
#[derive(Clone, Debug, Default)]
pub struct Built {
    /// The image, if one was made.
    pub image: BuiltTarget,
    /// What the exporters said.
    pub response: ExportResponse,
}

/// One run of all builds.
pub(super) struct Run<'a> {
    pub(super) client: &'a Client,
    pub(super) engine: &'a Engine,
    /// The joined Dockerfiles, which know where their lines came from.
    pub(super) dockerfiles: &'a Dockerfiles,
    /// Build arguments where a plan has none of that name.
    pub(super) proxies: &'a BTreeMap<String, String>,
    /// The cache service of the job that we run in.
    pub(super) actions: &'a ActionsService,
    pub(super) listener: Listener,
    /// Cancelled when the user wants it, and when a target fails.
    pub(super) cancel: CancellationToken,
    /// What all targets pass before the first is exported.
    pub(super) gate: Gate,
}

/// Whoever shows the events. It may be gone; the builds go on.
pub(super) struct Listener(pub(super) mpsc::Sender<Event>);

impl Listener {
    pub(super) async fn tell(&self, event: Event) {
        self.0.send(event).await.ok();
    }

    async fn warn(&self, target: Option<&PlannedTarget>, message: String) {
        self.tell(Event::Note {
            level: NoteLevel::Warning,
            target: target.map(|target| target.name.clone()),
            message,
        })
        .await;
    }
}

impl Run<'_> {
    /// Compiler caches that do not answer are told before hours of compiling without them.
    pub(super) async fn tell_of_servers(&self, servers: BTreeSet<CacheServer>) {
        let silent = preflight::silent(servers);
        let silent = self.cancel.run_until_cancelled(silent).await;
        for message in silent.into_iter().flatten() {
            self.listener.warn(None, message).await;
        }
    }

    /// Platforms that the engine does not run are told before the first of their steps fails.
    pub(super) async fn tell_of_platforms(&self, targets: &[PlannedTarget]) {
        let runnable = &self.client.capabilities().platforms;
        if let Some(message) = preflight::foreign(targets, runnable) {
            self.listener.warn(None, message).await;
        }
    }

    /// Makes the request of a target, and finds out what stands in its way.
    ///
    /// # Errors
    /// Returns what the engine cannot do, and what is wrong with directories of ours.
    pub(super) async fn prepare(&self, target: &PlannedTarget) -> Result<Prepared, Problems> {
        let capabilities = self.client.capabilities();
        let mut prepared = request(target, self.dockerfiles, capabilities.store, self.actions);
        let request = &mut prepared.request;
        add_proxies(&mut request.dockerfile.build_args, self.proxies);
        let mut unsupported = capabilities.check(request);
        unsupported.extend(capabilities.resolve_gateway(&mut request.dockerfile.add_hosts));
        if !unsupported.is_empty() {
            return Err(SolveError::Unsupported(unsupported).into());
        }
        for absent in request.settle().map_err(Problem::from)? {
            self.listener.warn(Some(target), absent.to_string()).await;
        }
        Ok(prepared)
    }

    /// Builds one target.
    pub(super) async fn target(
        &self,
        target: &PlannedTarget,
        prepared: Prepared,
        session: &Session,
    ) -> Finished {
        self.listener
            .tell(Event::TargetStarted {
                target: target.name.clone(),
                at: Timestamp::now(),
            })
            .await;
        let mut published = Vec::new();
        let mut absent_secrets = Vec::new();
        let (outcome, result) = match self.build(target, prepared, session).await {
            Ok(built) => (TargetOutcome::Built(built.image.clone()), Ok(built)),
            Err(failure) => {
                self.cancel.cancel();
                published = failure.published;
                absent_secrets = failure.absent_secrets;
                (failure.outcome, Err(failure.problems))
            }
        };
        self.tell_of_files(target, session).await;
        if result.is_ok() {
            self.tell_of_damage(target, session).await;
        }
        self.listener
            .tell(Event::TargetFinished {
                target: target.name.clone(),
                at: Timestamp::now(),
                result: outcome,
            })
            .await;
        Finished {
            target: target.name.clone(),
            published: match &result {
                Ok(built) => built.image.tags.clone(),
                Err(_) => published,
            },
            outcome: result,
            absent_secrets,
        }
    }

    async fn build(
        &self,
        target: &PlannedTarget,
        prepared: Prepared,
        session: &Session,
    ) -> Result<Built, Failure> {
        let Prepared { request, to_push } = prepared;
        let named = Names {
            all: names(&request.exports),
            pushed: pushed_names(&request.exports, &to_push),
        };
        let pushed = Pushed::default();
        let (statuses, received) = mpsc::channel(WAITING_EVENTS);
        let solve = self.solve(target, request, session, statuses);
        let forward = self.forward(target, received, &pushed);
        let (response, ()) = tokio::join!(solve, forward);
        let source_map = self.dockerfiles.of(target).source_map();
        let mut response = response.map_err(|error| match error {
            StagedError::Solve(error) => Failure {
                outcome: outcome(&error),
                absent_secrets: failure::absent_secrets(&error, source_map, session),
                problems: failure::problems(error, &target.name, source_map, session),
                published: pushed.names(),
            },
            StagedError::Refused(refusal) => refusal.into(),
        })?;
        if let Some(digest) = self.push(target, &to_push, session).await? {
            response.pushed_as(&digest);
        }
        let image = self.image(target, named, &response).await;
        Ok(Built { image, response })
    }

    /// Solves a target. A target that is not alone, or that has smoke tests, is exported when
    /// all targets are built and have passed theirs.
    async fn solve(
        &self,
        target: &PlannedTarget,
        request: SolveRequest,
        session: &Session,
        statuses: mpsc::Sender<SolveStatus>,
    ) -> Result<ExportResponse, StagedError<Refusal>> {
        let (client, cancel) = (self.client, &self.cancel);
        if target.smoke.is_empty() && self.gate.is_for_one() {
            let solve = client.solve(session, request, statuses, cancel);
            return solve.await.map_err(StagedError::Solve);
        }
        let accept = async |solved: &Solved| self.accept(target, solved).await;
        let solve = client.solve_staged(session, request, statuses, cancel, accept);
        solve.await
    }

    async fn accept(&self, target: &PlannedTarget, solved: &Solved) -> Result<(), Refusal> {
        smoke::check(self, target, solved)
            .await
            .map_err(Refusal::Smoke)?;
        let passed = self.gate.pass(&self.cancel).await;
        passed.map_err(|NeverOpened| Refusal::Another)
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

    /// Asks the engine what it has now under the names that it was given. The image is there, also
    /// if the engine has no answer.
    async fn image(
        &self,
        target: &PlannedTarget,
        Names { all, pushed }: Names,
        response: &ExportResponse,
    ) -> BuiltTarget {
        let stored = match all.first() {
            Some(name) => self.engine.image(name).await,
            None => Ok(None),
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

    /// Files that changed while they were sent do not fail the build, but must be known.
    async fn tell_of_files(&self, target: &PlannedTarget, session: &Session) {
        for transfer in session.files().transfers() {
            for issue in transfer.issues().iter().filter(|issue| !issue.is_fatal()) {
                self.listener.warn(Some(target), issue.to_string()).await;
            }
        }
    }

    /// Engines run the steps whose layers in a cache are wrong, without a word.
    async fn tell_of_damage(&self, target: &PlannedTarget, session: &Session) {
        for damage in session.damage() {
            let message = format!("{damage}. Steps that it should have saved may have run");
            self.listener.warn(Some(target), message).await;
        }
    }
}

/// The names of an image.
struct Names {
    all: Vec<String>,
    /// Those that registries give it.
    pushed: Vec<String>,
}

/// Returns the names that registries give the image: by BuildKit, or by the engine afterwards.
fn pushed_names(exports: &[Export], to_push: &[String]) -> Vec<String> {
    let mut names = to_push.to_vec();
    for export in exports {
        match export {
            Export::Image(image) if image.push => names.extend_from_slice(&image.image.names),
            Export::Image(_) | Export::Moby(_) | Export::Archive(_) | Export::Local(_) => {}
        }
    }
    names
}

/// Returns the names that the engine or registries give the image, each once.
fn names(exports: &[Export]) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for name in exports.iter().flat_map(Export::names) {
        if !names.contains(name) {
            names.push(name.clone());
        }
    }
    names
}

/// Adds the proxies that the plan does not have. BuildKit takes either spelling of a name and does
/// not say which of two wins.
fn add_proxies(args: &mut BTreeMap<String, String>, proxies: &BTreeMap<String, String>) {
    let planned: Vec<_> = args.keys().map(|name| name.to_lowercase()).collect();
    for (name, value) in proxies {
        if !planned.contains(&name.to_lowercase()) {
            args.insert(name.clone(), value.clone());
        }
    }
}

/// The names under which BuildKit has pushed, by its own report: a build that fails afterwards has
/// published them.
#[derive(Debug, Default)]
pub(super) struct Pushed(Mutex<Vec<String>>);

impl Pushed {
    fn note(&self, status: &SolveStatus) {
        let done = status
            .statuses
            .iter()
            .filter(|status| status.completed.is_some());
        let pushed = done.filter_map(|status| status.id.strip_prefix("pushing manifest for "));
        let pushed = pushed.map(|name| name.split_once('@').map_or(name, |(name, _)| name));
        let mut names = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for name in pushed {
            if !names.iter().any(|known| known == name) {
                names.push(name.to_owned());
            }
        }
    }

    fn names(&self) -> Vec<String> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

/// A target that failed, for those who watch and for those who want to know why.
pub(super) struct Failure {
    pub(super) outcome: TargetOutcome,
    pub(super) problems: Problems,
    /// Names that were pushed all the same.
    pub(super) published: Vec<String>,
    /// The ids of secrets that the failed step mounts and this build does not have.
    pub(super) absent_secrets: Vec<String>,
}

/// Why a target that is built is not exported.
enum Refusal {
    /// It did not pass a smoke test.
    Smoke(SmokeFailure),
    /// Another target failed, or the user has cancelled.
    Another,
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Smoke(SmokeFailure { vertex, problems }) => Self {
                outcome: failed(&problems, vertex),
                problems,
                published: Vec::new(),
                absent_secrets: Vec::new(),
            },
            Refusal::Another => Self {
                outcome: TargetOutcome::Cancelled,
                problems: SolveError::Cancelled.into(),
                published: Vec::new(),
                absent_secrets: Vec::new(),
            },
        }
    }
}

fn failed(problems: &Problems, vertex: Option<Digest>) -> TargetOutcome {
    let error = problems.0.first().map(ToString::to_string);
    TargetOutcome::Failed {
        error: error.unwrap_or_default(),
        vertex,
    }
}

/// Returns how a target ended that the engine did not build.
fn outcome(error: &SolveError) -> TargetOutcome {
    match error {
        SolveError::Cancelled => TargetOutcome::Cancelled,
        SolveError::Failed(failure) => TargetOutcome::Failed {
            error: failure.message.clone(),
            vertex: failure.vertex.clone(),
        },
        SolveError::Unsupported(_) | SolveError::Lost(_) | SolveError::Layout(_) => {
            let mut source = Some(error as &dyn Error);
            let reasons = std::iter::from_fn(|| {
                let reason = source?;
                source = reason.source();
                Some(reason.to_string())
            });
            TargetOutcome::Failed {
                error: reasons.collect::<Vec<_>>().join(": "),
                vertex: None,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::buildkit::export::{ImageExport, ImageOptions, MobyExport};
    use crate::buildkit::progress::VertexStatus;

    #[test]
    fn what_buildkit_has_pushed_is_known() {
        let status = |id: &str, completed| VertexStatus {
            id: id.into(),
            completed,
            ..VertexStatus::default()
        };
        let pushed = Pushed::default();
        pushed.note(&SolveStatus {
            statuses: vec![
                status(
                    "pushing manifest for r:5000/x:1@sha256:ab",
                    Some(Timestamp::UNIX_EPOCH),
                ),
                status("pushing manifest for r:5000/y:1@sha256:ab", None),
                status("pushing layers", Some(Timestamp::UNIX_EPOCH)),
            ],
            ..SolveStatus::default()
        });
        assert_eq!(pushed.names(), ["r:5000/x:1"]);
    }

    #[test]
    fn a_name_that_is_loaded_and_pushed_is_told_once() {
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
        assert_eq!(names(&exports), ["r/x:1", "x:1"]);
    }
}
