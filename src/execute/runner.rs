//! Runs the builds of a plan: all at once, in as few sessions as possible.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use futures_util::future::join_all;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::dockerfiles::Dockerfiles;
use super::event::Event;
use super::failure;
use super::gate::Gate;
use super::preflight;
use super::request::{Prepared, directory_name, request};
use super::run::{Finished, Listener, Run};
use crate::buildkit::Client;
use crate::buildkit::cache::ActionsService;
use crate::buildkit::session::local::CONTEXT;
use crate::buildkit::session::{
    Agents, Credentials, LocalDir, SecretStore, Session, SessionOptions,
};
use crate::docker::named_context::ContextPlace;
use crate::engine::Engine;
use crate::hash::sha256_hex;
use crate::plan::stages::{ContextPaths, Fragments, StageGraph};
use crate::plan::{BuildPlan, CacheServer, PlannedTarget};
use crate::problem::{Problem, Problems};

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
    /// The cache service of the job of GitHub Actions that we run in.
    pub actions: ActionsService,
}

/// Finds the caches whose service is known neither from the plan nor from the job.
fn check_caches(plan: &BuildPlan, service: &ActionsService) -> Result<(), Problems> {
    let mut problems: Vec<Problem> = Vec::new();
    for target in &plan.targets {
        for cache in target.cache_from.iter().chain(&target.cache_to) {
            let problem = service.check(cache).err().map(Problem::from);
            problems.extend(problem.filter(|problem| !problems.contains(problem)));
        }
    }
    if problems.is_empty() {
        Ok(())
    } else {
        Err(Problems(problems))
    }
}

/// A plan, ready to be run on an engine.
#[derive(Debug)]
pub struct Runner<'a> {
    plan: &'a BuildPlan,
    dockerfiles: Dockerfiles,
    resources: Resources,
}

impl<'a> Runner<'a> {
    /// Joins the fragments that the plan needs.
    ///
    /// One Dockerfile serves all targets of a framework, so that the engine sees that they share
    /// steps.
    ///
    /// # Errors
    /// Returns all that is wrong with the fragments, and the caches whose service is known neither
    /// from the plan nor from the job.
    pub fn new(
        plan: &'a BuildPlan,
        fragments: &Fragments,
        resources: Resources,
    ) -> Result<Self, Problems> {
        check_caches(plan, &resources.actions)?;
        Ok(Self {
            plan,
            dockerfiles: Dockerfiles::new(plan, fragments)?,
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
        let run = Run {
            client,
            engine,
            dockerfiles: &self.dockerfiles,
            proxies: &self.resources.proxies,
            actions: &self.resources.actions,
            listener: Listener(events),
            cancel: cancel.child_token(),
            gate: Gate::new(self.plan.targets.len()),
        };
        let mut prepared = self.prepare(&run).await?;
        let sessions = self.sessions(client).await?;
        run.tell_of_platforms(&self.plan.targets).await;
        run.tell_of_servers(self.cache_servers()).await;
        let mut builds = Vec::new();
        for (targets, session) in &sessions {
            for &target in targets {
                let prepared = prepared.remove(target.name.as_str());
                builds.extend(prepared.map(|prepared| run.target(target, prepared, session)));
            }
        }
        Ok(join_all(builds).await)
    }

    /// Makes the requests of all targets, before anything is begun for one of them.
    async fn prepare(&self, run: &Run<'_>) -> Result<BTreeMap<&'a str, Prepared>, Problems> {
        let mut prepared = BTreeMap::new();
        let mut problems: Vec<Problem> = Vec::new();
        for target in &self.plan.targets {
            match run.prepare(target).await {
                Ok(request) => {
                    prepared.insert(target.name.as_str(), request);
                }
                Err(Problems(found)) => {
                    let new = found
                        .into_iter()
                        .filter(|problem| !problems.contains(problem));
                    problems.extend(new.collect::<Vec<_>>());
                }
            }
        }
        if problems.is_empty() {
            Ok(prepared)
        } else {
            Err(Problems(problems))
        }
    }

    /// Runs BuildKit's own checks on all targets, without building anything.
    ///
    /// # Errors
    /// Fails when the engine cannot run them; what they find is no error.
    pub async fn check(&self, client: &Client) -> Result<Problems, Problems> {
        let mut problems: Vec<Problem> = Vec::new();
        for (targets, session) in self.sessions(client).await? {
            for target in targets {
                let store = client.capabilities().store;
                let Prepared { mut request, .. } =
                    request(target, &self.dockerfiles, store, &self.resources.actions);
                request.cache_imports.clear();
                request.settle().map_err(Problem::from)?;
                let report = client
                    .check(&session, &request, &CancellationToken::new())
                    .await?;
                let source_map = self.dockerfiles.of(target).source_map();
                for warning in failure::warnings(&report, source_map) {
                    if !problems.contains(&warning) {
                        problems.push(warning);
                    }
                }
            }
        }
        Ok(Problems(problems))
    }

    /// Asks the Dockerfile frontend about each target, without building anything.
    ///
    /// # Errors
    /// Fails when the engine cannot answer.
    pub async fn ask(
        &self,
        client: &Client,
        question: &str,
        json: bool,
    ) -> Result<Vec<String>, Problems> {
        let mut answers = Vec::new();
        for (targets, session) in self.sessions(client).await? {
            for target in targets {
                let store = client.capabilities().store;
                let Prepared { mut request, .. } =
                    request(target, &self.dockerfiles, store, &self.resources.actions);
                request.cache_imports.clear();
                request.settle().map_err(Problem::from)?;
                let cancel = CancellationToken::new();
                let answer = client.ask(&session, &request, question, json, &cancel);
                answers.push(answer.await?);
            }
        }
        Ok(answers)
    }

    /// Returns the servers of compiler caches that can be tried from here.
    fn cache_servers(&self) -> BTreeSet<CacheServer> {
        if preflight::has_proxy(&self.resources.proxies) {
            return BTreeSet::new();
        }
        preflight::servers(&self.plan.targets, |target| {
            &self.dockerfiles.of(target).composition
        })
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
        let graph = StageGraph::new(&self.dockerfiles.of(target).composition, target.inputs());
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
        let named = target.contexts.iter().filter_map(|(name, context)| {
            let ContextPlace::Directory(path) = &context.place else {
                return None;
            };
            Some(LocalDir::directory(directory_name(name), path.clone()))
        });
        let Resources {
            secrets,
            credentials,
            agents,
            proxies: _,
            actions: _,
        } = self.resources.clone();
        SessionOptions {
            shared_key,
            directories: [
                LocalDir::directory(CONTEXT, PathBuf::from(&target.context)),
                self.dockerfiles.directory(),
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
