//! Runs the builds of a plan: all at once, in as few sessions as possible.

use std::collections::BTreeMap;
use std::path::PathBuf;

use futures_util::future::join_all;
use jiff::Timestamp;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::event::{BuiltTarget, Event, NoteLevel, TargetOutcome};
use super::failure;
use super::preflight;
use super::request::request;
use crate::buildkit::export::{Export, ExportResponse};
use crate::buildkit::progress::SolveStatus;
use crate::buildkit::session::local::{CONTEXT, DOCKERFILE};
use crate::buildkit::session::{
    Agents, Credentials, LocalDir, SecretStore, Session, SessionOptions,
};
use crate::buildkit::{Client, SolveError};
use crate::engine::Engine;
use crate::hash::sha256_hex;
use crate::plan::stages::{Composition, ContextPaths, Fragments, Joined, StageGraph};
use crate::plan::{BuildPlan, PlannedTarget};
use crate::problem::{Problem, Problems};

/// How many events may wait for whoever shows them.
const WAITING_EVENTS: usize = 256;

/// What a plan's builds get from the client's side.
#[derive(Clone, Debug)]
pub struct Resources {
    /// Secrets by id.
    pub secrets: SecretStore,
    /// Registry credentials.
    pub credentials: Credentials,
    /// SSH agents by id.
    pub agents: Agents,
    /// Build arguments for proxies, where the plan has none of that name.
    pub proxies: BTreeMap<String, String>,
}

/// How one target ended.
#[derive(Debug)]
pub struct Finished {
    /// The target's name in the plan.
    pub target: String,
    /// What was made of it, or why not.
    pub outcome: Result<Built, Problems>,
}

/// What was made of a target.
#[derive(Clone, Debug, Default)]
pub struct Built {
    /// The image, if one was made.
    pub image: BuiltTarget,
    /// What the exporters said.
    pub response: ExportResponse,
}

/// A plan, ready to be run on an engine.
#[derive(Debug)]
pub struct Runner<'a> {
    plan: &'a BuildPlan,
    composition: Composition,
    joined: Joined,
    resources: Resources,
}

impl<'a> Runner<'a> {
    /// Joins the fragments that the plan needs.
    ///
    /// One Dockerfile serves all targets, so that the engine sees that they share steps.
    ///
    /// # Errors
    /// Returns all that is wrong with the fragments.
    pub fn new(
        plan: &'a BuildPlan,
        fragments: &Fragments,
        resources: Resources,
    ) -> Result<Self, Problems> {
        let targets = plan.targets.iter();
        let composition =
            fragments.compose(targets.flat_map(|target| &target.dockerfile.fragments))?;
        let joined = composition.join();
        Ok(Self {
            plan,
            composition,
            joined,
            resources,
        })
    }

    /// Runs all builds. When one fails, the others are cancelled.
    ///
    /// # Errors
    /// Fails as a whole when a session cannot be opened; else each target has its own end.
    pub async fn run(
        &self,
        client: &Client,
        engine: &Engine,
        events: mpsc::Sender<Event>,
        cancel: &CancellationToken,
    ) -> Result<Vec<Finished>, Problems> {
        let sessions = self.sessions(client).await?;
        let run = Run {
            runner: self,
            client,
            engine,
            events,
            cancel: cancel.child_token(),
        };
        run.tell_of_caches().await;
        let builds = sessions.iter().flat_map(|(targets, session)| {
            let run = &run;
            targets
                .iter()
                .map(move |target| run.target(target, session))
        });
        Ok(join_all(builds).await)
    }

    /// Runs BuildKit's own checks on all targets, without building anything.
    ///
    /// # Errors
    /// Fails when the engine cannot run them; what they find is no error.
    pub async fn check(&self, client: &Client) -> Result<Problems, Problems> {
        let mut problems: Vec<Problem> = Vec::new();
        for (targets, session) in self.sessions(client).await? {
            for target in targets {
                let mut request = request(target, client.capabilities().store)?;
                request.cache_imports.clear();
                request.settle().map_err(Problem::from)?;
                let report = client
                    .check(&session, &request, &CancellationToken::new())
                    .await?;
                for warning in failure::warnings(&report, &self.joined.source_map) {
                    if !problems.contains(&warning) {
                        problems.push(warning);
                    }
                }
            }
        }
        Ok(Problems(problems))
    }

    /// Opens a session for each set of paths that targets read from a context.
    async fn sessions(
        &self,
        client: &Client,
    ) -> Result<Vec<(Vec<&'a PlannedTarget>, Session)>, Problems> {
        let mut groups: BTreeMap<String, Vec<&PlannedTarget>> = BTreeMap::new();
        for target in &self.plan.targets {
            groups
                .entry(self.shared_key(target)?)
                .or_default()
                .push(target);
        }
        let mut sessions = Vec::new();
        for (shared_key, targets) in groups {
            let options = self.session_options(shared_key, targets[0]);
            let session = client.open_session(options).await.map_err(Problem::from)?;
            sessions.push((targets, session));
        }
        Ok(sessions)
    }

    /// Names the engine's copy of a context: targets that read different parts of one context
    /// must not share a copy, or each build deletes what the other one needs.
    fn shared_key(&self, target: &PlannedTarget) -> Result<String, Problems> {
        let graph = StageGraph::new(&self.composition, &target.build_args);
        let stage = graph
            .target(&target.dockerfile.stage)
            .map_err(Problem::from)?;
        let paths = match graph.context_paths(stage) {
            ContextPaths::All => "all".to_owned(),
            ContextPaths::Only(paths) => format!("only {paths:?}"),
        };
        let contexts = &target.contexts;
        let parts = format!("{}\n{paths}\n{contexts:?}", target.context);
        Ok(format!("dynbuild:{}", sha256_hex(parts)))
    }

    fn session_options(&self, shared_key: String, target: &PlannedTarget) -> SessionOptions {
        let dockerfile = [("Dockerfile", self.joined.text.clone())];
        let named = target.contexts.iter().filter_map(|(name, place)| {
            super::request::local_context(place).map(|path| LocalDir::directory(name, path))
        });
        let Resources {
            secrets,
            credentials,
            agents,
            proxies: _,
        } = self.resources.clone();
        SessionOptions {
            shared_key,
            directories: [
                LocalDir::directory(CONTEXT, PathBuf::from(&target.context)),
                LocalDir::memory(DOCKERFILE, dockerfile),
            ]
            .into_iter()
            .chain(named)
            .collect(),
            secrets,
            credentials,
            agents,
        }
    }
}

/// One run of all builds.
struct Run<'a> {
    runner: &'a Runner<'a>,
    client: &'a Client,
    engine: &'a Engine,
    events: mpsc::Sender<Event>,
    /// Cancelled when the user wants it, and when a target fails.
    cancel: CancellationToken,
}

impl Run<'_> {
    /// Compiler caches that do not answer are told before hours of compiling without them.
    async fn tell_of_caches(&self) {
        if preflight::has_proxy(&self.runner.resources.proxies) {
            return;
        }
        let servers = preflight::servers(&self.runner.plan.targets, &self.runner.composition);
        let silent = self
            .cancel
            .run_until_cancelled(preflight::silent(servers))
            .await;
        for message in silent.into_iter().flatten() {
            self.tell(Event::Note {
                level: NoteLevel::Warning,
                target: None,
                message,
            })
            .await;
        }
    }

    async fn target(&self, target: &PlannedTarget, session: &Session) -> Finished {
        self.tell(Event::TargetStarted {
            target: target.name.clone(),
            at: Timestamp::now(),
        })
        .await;
        let (outcome, result) = match self.build(target, session).await {
            Ok(built) => (TargetOutcome::Built(built.image.clone()), Ok(built)),
            Err(failure) => {
                self.cancel.cancel();
                (failure.outcome, Err(failure.problems))
            }
        };
        self.tell_of_files(target, session).await;
        if result.is_ok() {
            self.tell_of_damage(target, session).await;
        }
        self.tell(Event::TargetFinished {
            target: target.name.clone(),
            at: Timestamp::now(),
            result: outcome,
        })
        .await;
        Finished {
            target: target.name.clone(),
            outcome: result,
        }
    }

    async fn build(&self, target: &PlannedTarget, session: &Session) -> Result<Built, Failure> {
        let store = self.client.capabilities().store;
        let mut request = request(target, store).map_err(Failure::before)?;
        add_proxies(
            &mut request.dockerfile.build_args,
            &self.runner.resources.proxies,
        );
        let settled = request.settle().map_err(Problem::from);
        for absent in settled.map_err(|problem| Failure::before(problem.into()))? {
            self.warn(target, absent.to_string()).await;
        }
        let names = request.exports.iter().flat_map(Export::names);
        let names = names.cloned().collect();
        let response = self
            .solve(request, session)
            .await
            .map_err(|error| Failure {
                outcome: outcome(&error),
                problems: failure::problems(
                    error,
                    &target.name,
                    &self.runner.joined.source_map,
                    session,
                ),
            })?;
        let image = self.image(target, names, &response).await;
        Ok(Built { image, response })
    }

    async fn solve(
        &self,
        request: crate::buildkit::SolveRequest,
        session: &Session,
    ) -> Result<ExportResponse, SolveError> {
        let (statuses, received) = mpsc::channel(WAITING_EVENTS);
        let solve = self.client.solve(session, request, statuses, &self.cancel);
        let (result, ()) = tokio::join!(solve, self.forward(received));
        result
    }

    async fn forward(&self, mut statuses: mpsc::Receiver<SolveStatus>) {
        let source_map = &self.runner.joined.source_map;
        while let Some(mut status) = statuses.recv().await {
            let warnings = std::mem::take(&mut status.warnings).into_iter();
            status.warnings = warnings
                .map(|warning| failure::at_fragment(warning, source_map))
                .collect();
            self.tell(Event::Progress(status)).await;
        }
    }

    /// Asks the engine what it has now under the names that it was given. The image is there, also
    /// if the engine has no answer.
    async fn image(
        &self,
        target: &PlannedTarget,
        names: Vec<String>,
        response: &ExportResponse,
    ) -> BuiltTarget {
        let stored = match names.first() {
            Some(name) => self.engine.image(name).await,
            None => Ok(None),
        };
        let stored = match stored {
            Ok(stored) => stored,
            Err(error) => {
                let why = Problem::from(error);
                self.warn(target, format!("Its size is not known: {why}"))
                    .await;
                None
            }
        };
        BuiltTarget {
            digest: response.digest(),
            image_id: stored.as_ref().map(|stored| stored.id.as_str().into()),
            size: stored.map(|stored| stored.size),
            tags: names,
        }
    }

    /// Files that changed while they were sent do not fail the build, but must be known.
    async fn tell_of_files(&self, target: &PlannedTarget, session: &Session) {
        for transfer in session.files().transfers() {
            for issue in transfer.issues().iter().filter(|issue| !issue.is_fatal()) {
                self.warn(target, issue.to_string()).await;
            }
        }
    }

    /// Engines run the steps whose layers in a cache are wrong, without a word.
    async fn tell_of_damage(&self, target: &PlannedTarget, session: &Session) {
        for damage in session.damage() {
            let message = format!("{damage}. Steps that it should have saved may have run");
            self.warn(target, message).await;
        }
    }

    async fn warn(&self, target: &PlannedTarget, message: String) {
        self.tell(Event::Note {
            level: NoteLevel::Warning,
            target: Some(target.name.clone()),
            message,
        })
        .await;
    }

    /// Whoever shows the events may be gone; the build goes on.
    async fn tell(&self, event: Event) {
        self.events.send(event).await.ok();
    }
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

/// A target that failed, for those who watch and for those who want to know why.
struct Failure {
    outcome: TargetOutcome,
    problems: Problems,
}

impl Failure {
    fn before(problems: Problems) -> Self {
        let error = problems.0.first().map(ToString::to_string);
        Self {
            outcome: TargetOutcome::Failed {
                error: error.unwrap_or_default(),
                vertex: None,
            },
            problems,
        }
    }
}

fn outcome(error: &SolveError) -> TargetOutcome {
    match error {
        SolveError::Cancelled => TargetOutcome::Cancelled,
        SolveError::Failed(failure) => TargetOutcome::Failed {
            error: failure.message.clone(),
            vertex: failure.vertex.clone(),
        },
        SolveError::Unsupported(_) | SolveError::Lost(_) | SolveError::Layout(_) => {
            TargetOutcome::Failed {
                error: error.to_string(),
                vertex: None,
            }
        }
    }
}
