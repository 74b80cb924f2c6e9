//! Runs the builds of a plan: as many at once as the engine can take, in as few sessions as possible.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use futures_util::future::join_all;
use tokio::sync::{Semaphore, mpsc};
use tokio_util::sync::CancellationToken;

use super::build_target::Ready;
use super::dockerfiles::Dockerfiles;
use super::event::Event;
use super::exported::Exported;
use super::gate::Gate;
use super::nodes::{Nodes, Part};
use super::outcome::Finished;
use super::parallel;
use super::policy::{Machine, Policy, Publish};
use super::preflight;
use super::request::Prepared;
use super::resources::Resources;
use super::run::{Common, Listener, Run};
use super::sessions::Sessions;
use crate::buildkit::cache::ActionsService;
use crate::buildkit::session::Session;
use crate::buildkit::{Client, Store};
use crate::docker::reference::Reference;
use crate::engine::{Engine, EngineInfo};
use crate::plan::stages::Fragments;
use crate::plan::{BuildPlan, CacheServer, PlannedTarget};
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
    Problems(problems).or(())
}

/// A plan, ready to be run on an engine.
#[derive(Debug)]
pub struct Runner<'a> {
    pub(super) plan: &'a BuildPlan,
    pub(super) dockerfiles: Dockerfiles,
    pub(super) resources: Resources,
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
        nodes: &Nodes,
        engine: Option<&Engine>,
        events: mpsc::Sender<Event>,
        cancel: &CancellationToken,
    ) -> Result<Vec<Finished>, Problems> {
        let targets = self.plan.targets.iter();
        let parts: Vec<_> = targets.flat_map(|target| nodes.parts(target)).collect();
        let Some(first) = parts.first() else {
            return Ok(Vec::new());
        };
        let info = self.engine_info(&parts, engine).await;
        let machine = machine(first.client, &info);
        let jobs = parallel::numbers(&self.plan.targets, machine);
        let sessions = self.sessions(&jobs);
        let common = self.common(&parts, &info, machine, Listener(events), cancel);
        let run = self.start(first.client, engine, &common, sessions);
        let mut prepared = self.prepare(&run, &parts).await?;
        run.check_registries(&prepared).await?;
        let sessions = sessions.open(&parts).await?;
        // Of these, the engine reads as long as there are targets to build.
        let readers = read_dockerfiles_once(&parts, &mut prepared, &sessions);
        run.tell_of_platforms(&parts).await;
        run.tell_of_servers(self.cache_servers()).await;
        let ready = parts.iter().zip(prepared).zip(sessions);
        let mut ready = ready.map(|((part, prepared), session)| Ready {
            part,
            prepared,
            session,
        });
        let builds = self.plan.targets.iter().map(|target| {
            let own = parts.iter().filter(|part| part.target.name == target.name);
            let own: Vec<_> = ready.by_ref().take(own.count()).collect();
            build(&run, target, own)
        });
        let builds: Vec<_> = builds.collect();
        let mut finished = Vec::new();
        let mut waiting = Vec::new();
        for end in join_all(builds).await {
            match end {
                Ok(end) => finished.extend(end),
                Err(exported) => waiting.push(exported),
            }
        }
        drop(readers);
        finished.extend(run.publish(waiting).await);
        Ok(self.in_order(finished))
    }

    fn common(
        &self,
        parts: &[Part<'_>],
        info: &EngineInfo,
        machine: Machine,
        listener: Listener,
        cancel: &CancellationToken,
    ) -> Common {
        let is_gated = self.policy.publish == Publish::Whole && parts.len() > 1;
        let keyring = self.resources.credentials.keyring().clone();
        let proxies = self.resources.own_proxies.clone();
        let mut insecure = info.insecure_registries.clone();
        insecure.hosts.extend(self.insecure_hosts());
        Common {
            registry: Registry::new(keyring, insecure, proxies),
            listener,
            cancel: cancel.child_token(),
            jobs: Semaphore::new(self.policy.jobs_on(machine)),
            gate: is_gated.then(|| Gate::new(parts.len())),
        }
    }

    /// Returns the registries whose outputs say that nobody wants to know who they are.
    fn insecure_hosts(&self) -> impl Iterator<Item = String> {
        self.plan.targets.iter().flat_map(|target| {
            let outputs = target.outputs.iter().filter(|output| output.is_insecure());
            let names = outputs.flat_map(|output| output.names.as_ref().unwrap_or(&target.tags));
            let references = names.filter_map(|name| name.parse::<Reference>().ok());
            references.map(|reference| reference.domain().to_owned())
        })
    }

    fn start<'r>(
        &'r self,
        client: &'r Client,
        engine: Option<&'r Engine>,
        common: &'r Common,
        sessions: Sessions<'r>,
    ) -> Run<'r> {
        let is_whole = self.policy.publish == Publish::Whole && self.has_several_names();
        Run {
            client,
            engine,
            dockerfiles: &self.dockerfiles,
            sessions,
            proxies: &self.resources.proxies,
            actions: &self.resources.actions,
            registry: &common.registry,
            listener: &common.listener,
            cancel: &common.cancel,
            policy: self.policy,
            is_whole,
            jobs: &common.jobs,
            gate: common.gate.as_ref(),
        }
    }

    /// Only what several names share can be published by halves.
    fn has_several_names(&self) -> bool {
        let pushed = self.plan.targets.iter().filter(|target| target.is_pushed());
        self.plan.targets.len() > 1 || pushed.into_iter().any(|target| target.tags.len() > 1)
    }

    /// An engine that does not describe its host limits nothing.
    async fn engine_info(&self, parts: &[Part<'_>], engine: Option<&Engine>) -> EngineInfo {
        let Some(engine) = engine else {
            return EngineInfo::default();
        };
        let mut targets = self.plan.targets.iter();
        let asks_for_jobs = targets.any(|target| !target.memory_per_job.is_empty());
        if parts.len() == 1 && !self.has_several_names() && !asks_for_jobs {
            return EngineInfo::default();
        }
        engine.info().await.unwrap_or_default()
    }

    pub(super) const fn sessions<'r>(&'r self, jobs: &'r BTreeMap<String, u64>) -> Sessions<'r> {
        Sessions {
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

    /// Makes the requests of all parts, before anything is begun for one of them.
    async fn prepare(&self, run: &Run<'_>, parts: &[Part<'_>]) -> Result<Vec<Prepared>, Problems> {
        let mut prepared = Vec::new();
        let mut problems: Vec<Problem> = Vec::new();
        for part in parts {
            match run.on(part).prepare(part).await {
                Ok(request) => prepared.push(request),
                Err(Problems(found)) => {
                    let new = found
                        .into_iter()
                        .filter(|problem| !problems.contains(problem));
                    problems.extend(new.collect::<Vec<_>>());
                }
            }
        }
        Problems(problems).or(prepared)
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

/// Lets all parts that a node builds from one context read the Dockerfiles, and the context's ignore
/// file, from the first of their sessions. Returns these sessions, which have to outlive the builds.
fn read_dockerfiles_once<'p>(
    parts: &'p [Part<'_>],
    prepared: &mut [Prepared],
    sessions: &[Arc<Session>],
) -> BTreeMap<(usize, &'p str), Arc<Session>> {
    let mut first = BTreeMap::new();
    for ((part, prepared), session) in parts.iter().zip(prepared).zip(sessions) {
        let first = first
            .entry((part.node, part.target.context.as_str()))
            .or_insert_with(|| Arc::clone(session));
        if !Arc::ptr_eq(first, session) {
            prepared.request.dockerfile.dockerfile_session = Some(first.id().to_owned());
        }
    }
    first
}

/// Builds a target to its end, unless its names move with those of others.
async fn build<'p>(
    run: &Run<'_>,
    target: &'p PlannedTarget,
    parts: Vec<Ready<'_>>,
) -> Result<Vec<Finished>, Exported<'p>> {
    let is_joined = parts.len() > 1;
    let exported = run.target(target, parts).await;
    if run.is_whole {
        return Err(exported);
    }
    if is_joined {
        return Ok(run.publish(vec![exported]).await);
    }
    Ok(vec![run.finish(exported, Ok(())).await])
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
