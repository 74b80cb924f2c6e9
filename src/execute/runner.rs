//! Runs the builds of a plan: as many at once as the engine can take, in as few sessions as possible.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::join_all;
use tokio::sync::{Semaphore, mpsc};
use tokio_util::sync::CancellationToken;

use super::dockerfiles::Dockerfiles;
use super::event::Event;
use super::failure;
use super::gate::Gate;
use super::outcome::Finished;
use super::parallel;
use super::policy::{Machine, Policy, Publish};
use super::preflight;
use super::request::{Prepared, request};
use super::resources::Resources;
use super::run::{Listener, Run};
use super::sessions::Sessions;
use crate::buildkit::cache::ActionsService;
use crate::buildkit::{Client, Store};
use crate::engine::{Engine, EngineInfo};
use crate::plan::stages::Fragments;
use crate::plan::{BuildPlan, CacheServer};
use crate::problem::{Problem, Problems};
use crate::registry::Registry;

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
    policy: Policy,
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
            policy: Policy::default(),
        })
    }

    /// Sets how the builds run together.
    #[must_use]
    pub fn with_policy(self, policy: Policy) -> Self {
        Self { policy, ..self }
    }

    /// Runs all builds. When one fails, the others are cancelled, unless the policy says otherwise.
    ///
    /// # Errors
    /// Fails as a whole when a session cannot be opened; else each target has its own end.
    pub async fn run(
        &self,
        client: &Client,
        engine: Option<&Engine>,
        events: mpsc::Sender<Event>,
        cancel: &CancellationToken,
    ) -> Result<Vec<Finished>, Problems> {
        let info = self.engine_info(engine).await;
        let machine = machine(client, &info);
        let jobs = parallel::numbers(&self.plan.targets, machine);
        let sessions = self.sessions(&jobs);
        let run = self.start(client, engine, &info, Listener(events), cancel, sessions);
        let mut prepared = self.prepare(&run).await?;
        run.check_registries(prepared.values()).await?;
        let sessions = sessions.open(client).await?;
        run.tell_of_platforms(&self.plan.targets).await;
        run.tell_of_servers(self.cache_servers()).await;
        let mut builds = Vec::new();
        for (targets, session) in &sessions {
            for &target in targets {
                let prepared = prepared.remove(target.name.as_str());
                builds.extend(prepared.map(|prepared| async {
                    let exported = run.target(target, prepared, session).await;
                    if run.is_whole {
                        return Err(exported);
                    }
                    Ok(run.finish(exported, Ok(())).await)
                }));
            }
        }
        let mut finished = Vec::new();
        let mut waiting = Vec::new();
        for end in join_all(builds).await {
            match end {
                Ok(end) => finished.push(end),
                Err(exported) => waiting.push(exported),
            }
        }
        finished.extend(run.publish(waiting).await);
        Ok(self.in_order(finished))
    }

    fn start<'r>(
        &'r self,
        client: &'r Client,
        engine: Option<&'r Engine>,
        info: &EngineInfo,
        listener: Listener,
        cancel: &CancellationToken,
        sessions: Sessions<'r>,
    ) -> Run<'r> {
        let machine = machine(client, info);
        let is_whole = self.policy.publish == Publish::Whole && self.has_several_names();
        let is_gated = self.policy.publish == Publish::Whole && self.plan.targets.len() > 1;
        let keyring = self.resources.credentials.keyring().clone();
        Run {
            client,
            engine,
            dockerfiles: &self.dockerfiles,
            sessions,
            proxies: &self.resources.proxies,
            actions: &self.resources.actions,
            registry: Registry::new(keyring, info.insecure_registries.clone()),
            listener,
            cancel: cancel.child_token(),
            policy: self.policy,
            is_whole,
            jobs: Semaphore::new(self.policy.jobs_on(machine)),
            gate: is_gated.then(|| Gate::new(self.plan.targets.len())),
        }
    }

    /// Only what several names share can be published by halves.
    fn has_several_names(&self) -> bool {
        let pushed = self.plan.targets.iter().filter(|target| target.is_pushed());
        self.plan.targets.len() > 1 || pushed.into_iter().any(|target| target.tags.len() > 1)
    }

    /// An engine that does not describe its host limits nothing.
    async fn engine_info(&self, engine: Option<&Engine>) -> EngineInfo {
        let Some(engine) = engine else {
            return EngineInfo::default();
        };
        let mut targets = self.plan.targets.iter();
        let asks_for_jobs = targets.any(|target| !target.memory_per_job.is_empty());
        if self.plan.targets.len() == 1 && !self.has_several_names() && !asks_for_jobs {
            return EngineInfo::default();
        }
        engine.info().await.unwrap_or_default()
    }

    const fn sessions<'r>(&'r self, jobs: &'r BTreeMap<String, u64>) -> Sessions<'r> {
        Sessions {
            plan: self.plan,
            dockerfiles: &self.dockerfiles,
            resources: &self.resources,
            jobs,
        }
    }

    fn in_order(&self, mut finished: Vec<Finished>) -> Vec<Finished> {
        let place = |end: &Finished| {
            let mut targets = self.plan.targets.iter();
            targets.position(|target| target.name == end.target)
        };
        finished.sort_by_key(place);
        finished
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
        for (targets, session) in self.sessions(&BTreeMap::new()).open(client).await? {
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
        for (targets, session) in self.sessions(&BTreeMap::new()).open(client).await? {
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
}

/// Returns what builds. Of a builder that is no engine, nobody knows the machine.
fn machine(client: &Client, info: &EngineInfo) -> Machine {
    match client.capabilities().store {
        Store::Classic | Store::Containerd => Machine {
            cores: info.cores,
            memory: info.memory,
        },
        Store::None => Machine::default(),
    }
}
