//! One run of a plan's builds on an engine, and what is said of it meanwhile.

use std::collections::{BTreeMap, BTreeSet};

use tokio::sync::{Semaphore, mpsc};
use tokio_util::sync::CancellationToken;

use super::dockerfiles::Dockerfiles;
use super::event::{Event, NoteLevel};
use super::gate::Gate;
use super::joinable;
use super::nodes::Part;
use super::outcome::Failure;
use super::policy::Policy;
use super::preflight;
use super::request::{Prepared, request};
use super::retry::Passing;
use super::sessions::Sessions;
use crate::buildkit::cache::ActionsService;
use crate::buildkit::session::Session;
use crate::buildkit::{Client, SolveError};
use crate::engine::Engine;
use crate::plan::{CacheServer, PlannedTarget};
use crate::problem::{Problem, ProblemKind, Problems};
use crate::registry::Registry;
use crate::text::human_duration;

/// What all parts of a run share.
pub(super) struct Common {
    pub(super) registry: Registry,
    pub(super) listener: Listener,
    pub(super) cancel: CancellationToken,
    pub(super) jobs: Semaphore,
    pub(super) gate: Option<Gate>,
}

/// One run of all builds, as one node sees it.
#[derive(Clone, Copy)]
pub(super) struct Run<'a> {
    pub(super) client: &'a Client,
    /// The engine that has images; a builder may do without one.
    pub(super) engine: Option<&'a Engine>,
    /// The joined Dockerfiles, which know where their lines came from.
    pub(super) dockerfiles: &'a Dockerfiles,
    /// What opens a session in place of one that was lost.
    pub(super) sessions: Sessions<'a>,
    /// Build arguments where a plan has none of that name.
    pub(super) proxies: &'a BTreeMap<String, String>,
    /// The cache service of the job that we run in.
    pub(super) actions: &'a ActionsService,
    pub(super) registry: &'a Registry,
    pub(super) listener: &'a Listener,
    /// Cancelled when the user wants it, and when a target fails.
    pub(super) cancel: &'a CancellationToken,
    pub(super) policy: Policy,
    /// Whether names move at the end, and not with each export.
    pub(super) is_whole: bool,
    /// What lets a target be solved.
    pub(super) jobs: &'a Semaphore,
    /// What all targets pass before the first is exported; none if each is exported by itself.
    pub(super) gate: Option<&'a Gate>,
}

/// Whoever shows the events. It may be gone; the builds go on.
pub(super) struct Listener(pub(super) mpsc::Sender<Event>);

impl Listener {
    pub(super) async fn tell(&self, event: Event) {
        self.0.send(event).await.ok();
    }

    pub(super) async fn note(&self, message: String) {
        self.tell(Event::Note {
            level: NoteLevel::Info,
            target: None,
            message,
        })
        .await;
    }

    pub(super) async fn warn(&self, target: Option<&PlannedTarget>, message: String) {
        self.tell(Event::Note {
            level: NoteLevel::Warning,
            target: target.map(|target| target.name.clone()),
            message,
        })
        .await;
    }
}

impl<'a> Run<'a> {
    /// Compiler caches that do not answer are reported before hours of compiling without them.
    pub(super) async fn tell_of_servers(&self, servers: BTreeSet<CacheServer>) {
        let silent = preflight::silent(servers);
        let silent = self.cancel.run_until_cancelled(silent).await;
        for message in silent.into_iter().flatten() {
            self.listener.warn(None, message).await;
        }
    }

    /// Platforms that an engine does not run, or only emulates, are reported before the first of
    /// their steps fails or takes hours.
    pub(super) async fn tell_of_platforms(&self, parts: &[Part<'_>]) {
        let of_node = |number| move |part: &&Part<'_>| part.node == number;
        let nodes: BTreeSet<_> = parts.iter().map(|part| part.node).collect();
        for number in nodes {
            let mut own = parts.iter().filter(of_node(number));
            let Some(first) = own.clone().next() else {
                continue;
            };
            let runnable = &first.client.capabilities().platforms;
            let wanted: Vec<_> = own
                .by_ref()
                .flat_map(|part| &part.target.platforms)
                .collect();
            if let Some(message) = preflight::foreign(&wanted, runnable) {
                self.listener.warn(None, message).await;
            }
            if let Some(message) = preflight::emulated(&wanted, runnable) {
                self.listener.note(message).await;
            }
        }
    }

    /// Returns the run as the node of a part sees it.
    pub(super) fn on<'p>(&self, part: &Part<'p>) -> Run<'p>
    where
        'a: 'p,
    {
        Run {
            client: part.client,
            ..*self
        }
    }

    /// Returns whether the names of what a node builds are put later.
    pub(super) const fn withholds(&self, part: &Part<'_>) -> bool {
        self.is_whole || part.is_partial
    }

    /// Makes the request of a target, and finds out what stands in its way.
    ///
    /// # Errors
    /// Returns what the engine cannot do, and what is wrong with directories of ours.
    pub(super) async fn prepare(&self, part: &Part<'_>) -> Result<Prepared, Problems> {
        let target = &*part.target;
        let capabilities = self.client.capabilities();
        let mut prepared = request(target, self.dockerfiles, capabilities.store, self.actions);
        let request = &mut prepared.request;
        request.dockerfile.is_part_of_index = part.is_partial;
        add_proxies(&mut request.dockerfile.build_args, self.proxies);
        let mut unsupported = capabilities.check(request);
        unsupported.extend(capabilities.resolve_gateway(&mut request.dockerfile.add_hosts));
        if !unsupported.is_empty() {
            return Err(SolveError::Unsupported(unsupported).into());
        }
        if part.is_partial {
            joinable::check(target, capabilities.store)?;
            for cache in joinable::overwritten(target) {
                let message = format!(
                    "Cache `{cache}` is written by each node that builds the target, and the last \
                     one stays. Build one platform at a time with a cache of its own to keep all"
                );
                self.listener.warn(Some(target), message).await;
            }
        }
        if prepared.loading.is_some() && self.engine.is_none() {
            return Err(cannot_load(target).into());
        }
        for absent in request.settle().map_err(Problem::from)? {
            self.listener.warn(Some(target), absent.to_string()).await;
        }
        if self.withholds(part) {
            prepared.withhold(capabilities.store);
        }
        Ok(prepared)
    }

    /// Waits before what failed for a passing reason is tried again.
    ///
    /// # Errors
    /// Fails when the run is cancelled meanwhile.
    pub(super) async fn wait_to_retry(
        &self,
        target: Option<&PlannedTarget>,
        passing: &Passing,
        attempt: u32,
    ) -> Result<(), Failure> {
        let delay = passing.delay(attempt);
        let message = format!(
            "{}. Retry {attempt} of {} in {}",
            passing.reason,
            self.policy.retries,
            human_duration(delay)
        );
        self.listener.warn(target, message).await;
        let slept = tokio::time::sleep(delay);
        let slept = self.cancel.run_until_cancelled(slept).await;
        slept.ok_or_else(Failure::cancelled)
    }

    /// Does something at most as often as the policy allows; what is not passing ends it.
    pub(super) async fn with_retries<T, E>(
        &self,
        target: Option<&PlannedTarget>,
        passing: impl Fn(&E) -> Option<Passing>,
        mut operation: impl AsyncFnMut() -> Result<T, E>,
    ) -> Result<T, E> {
        let mut attempt = 0;
        loop {
            let error = match operation().await {
                Ok(value) => return Ok(value),
                Err(error) => error,
            };
            let reason = passing(&error).filter(|_| attempt < self.policy.retries);
            let Some(reason) = reason else {
                return Err(error);
            };
            attempt += 1;
            if self.wait_to_retry(target, &reason, attempt).await.is_err() {
                return Err(error);
            }
        }
    }

    /// Files that changed while they were sent do not fail the build, but must be known.
    pub(super) async fn tell_of_files(&self, target: &PlannedTarget, session: &Session) {
        for transfer in session.files().transfers() {
            for issue in transfer.issues().iter().filter(|issue| !issue.is_fatal()) {
                self.listener.warn(Some(target), issue.to_string()).await;
            }
        }
    }

    /// Engines run the steps whose layers in a cache are wrong, without a word.
    pub(super) async fn tell_of_damage(&self, target: &PlannedTarget, session: &Session) {
        for damage in session.damage() {
            let message = format!("{damage}. Steps that it should have saved may have run");
            self.listener.warn(Some(target), message).await;
        }
    }
}

fn cannot_load(target: &PlannedTarget) -> Problem {
    let message = format!("The image of target `{}` cannot be loaded", target.name);
    let mut problem = Problem::new(ProblemKind::Engine, message);
    let cause = "The builder has no images of its own, and no engine answers";
    problem.causes.push(cause.to_owned());
    problem.hint("Start the engine, or build without loading: `--push`, `--no-load`")
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
