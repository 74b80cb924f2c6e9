//! The sessions of a plan's builds: as few as possible.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::dockerfiles::Dockerfiles;
use super::parallel;
use super::request::directory_name;
use super::resources::Resources;
use crate::buildkit::Client;
use crate::buildkit::session::local::CONTEXT;
use crate::buildkit::session::{LocalDir, Session, SessionOptions};
use crate::docker::named_context::ContextPlace;
use crate::hash::sha256_hex;
use crate::plan::stages::{ContextPaths, StageGraph};
use crate::plan::{BuildPlan, PlannedTarget};
use crate::problem::{Problem, Problems};

/// What sessions are made of.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sessions<'a> {
    pub(super) plan: &'a BuildPlan,
    pub(super) dockerfiles: &'a Dockerfiles,
    pub(super) resources: &'a Resources,
    /// How many jobs steps may run at once, by the name under which they ask.
    pub(super) jobs: &'a BTreeMap<String, u64>,
}

impl<'a> Sessions<'a> {
    /// Opens a session for each set of paths that targets read from a context.
    pub(super) async fn open(
        self,
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
            let options = self.options(shared_key, targets[0]);
            let session = client.open_session(options).await.map_err(Problem::from)?;
            sessions.push((targets, session));
        }
        Ok(sessions)
    }

    /// Opens a session for one target, in place of one that was lost.
    pub(super) async fn reopen(
        self,
        client: &Client,
        target: &PlannedTarget,
    ) -> Result<Session, Problems> {
        let options = self.options(self.shared_key(target)?, target);
        let session = client.open_session(options).await;
        session.map_err(|error| Problem::from(error).into())
    }

    /// Names the engine's copy of a context: targets that read different parts of one context
    /// must not share a copy, or each build deletes what the other one needs.
    fn shared_key(self, target: &PlannedTarget) -> Result<String, Problems> {
        let composition = &self.dockerfiles.of(target).composition;
        let graph = StageGraph::new(composition, target.inputs());
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

    fn options(self, shared_key: String, target: &PlannedTarget) -> SessionOptions {
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
            secrets: secrets.with_defaults(parallel::as_secrets(self.jobs)),
            credentials,
            agents,
        }
    }
}
