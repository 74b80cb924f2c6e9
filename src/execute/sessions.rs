//! The sessions of a plan's builds: as few as possible.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use super::dockerfiles::Dockerfiles;
use super::nodes::Part;
use super::parallel;
use super::request::directory_name;
use super::resources::Resources;
use crate::buildkit::Client;
use crate::buildkit::session::local::CONTEXT;
use crate::buildkit::session::{LocalDir, Session, SessionOptions};
use crate::docker::named_context::ContextPlace;
use crate::hash::sha256_hex;
use crate::plan::PlannedTarget;
use crate::plan::stages::{ContextPaths, StageGraph};
use crate::problem::{Problem, Problems};

/// What sessions are made of.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sessions<'a> {
    pub(super) dockerfiles: &'a Dockerfiles,
    pub(super) resources: &'a Resources,
    /// How many jobs steps may run at once, by the name under which they ask.
    pub(super) jobs: &'a BTreeMap<String, u64>,
}

impl Sessions<'_> {
    /// Opens a session on each node for each set of paths that targets read from a context. Returns
    /// that of each part.
    pub(super) async fn open(self, parts: &[Part<'_>]) -> Result<Vec<Arc<Session>>, Problems> {
        let mut known: BTreeMap<(usize, String), Arc<Session>> = BTreeMap::new();
        let mut sessions = Vec::new();
        for part in parts {
            let key = (part.node, self.shared_key(&part.target)?);
            let session = if let Some(session) = known.get(&key) {
                Arc::clone(session)
            } else {
                let options = self.options(key.1.clone(), &part.target);
                let session = part.client.open_session(options).await;
                let session = Arc::new(session.map_err(Problem::from)?);
                known.insert(key, Arc::clone(&session));
                session
            };
            sessions.push(session);
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
        let context = PathBuf::from(&target.context);
        let Resources {
            secrets,
            credentials,
            agents,
            proxies: _,
            own_proxies: _,
            actions: _,
        } = self.resources.clone();
        SessionOptions {
            shared_key,
            directories: [
                self.dockerfiles.directory(&context),
                LocalDir::directory(CONTEXT, context),
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
