//! BuildKit's own checks of what is planned.

use std::collections::{BTreeMap, HashSet};

use crate::buildkit::cache::ActionsService;
use crate::buildkit::session::{Agents, Credentials, SecretStore};
use crate::cli::dynbuild::connection;
use crate::cli::dynbuild::planning::Planned;
use crate::cli::edge::Edge;
use crate::credentials::Keyring;
use crate::execute::{Nodes, Resources, Runner};
use crate::hash::sha256_hex;
use crate::problem::Problems;
use crate::registry::Proxies;

/// The plans to check, without those that are the same to the engine.
#[derive(Default)]
pub(super) struct Checks {
    plans: Vec<Planned>,
    seen: HashSet<String>,
}

impl Checks {
    pub(super) fn add(&mut self, planned: Planned) {
        if self.seen.insert(identity(&planned)) {
            self.plans.push(planned);
        }
    }

    /// Asks the engine, over one connection.
    ///
    /// # Errors
    /// Fails when the engine cannot be asked; what it finds is no error.
    pub(super) async fn run(self, edge: &Edge) -> Result<Problems, Problems> {
        if self.plans.is_empty() {
            return Ok(Problems::default());
        }
        let (client, _) = connection::connect(edge).await?;
        let nodes = Nodes::one(client);
        let mut found = Problems::default();
        for planned in &self.plans {
            // Fragments that cannot be joined are a finding of our own rules.
            let plan = &planned.resolution.plan;
            let Ok(runner) = Runner::new(plan, &planned.fragments, resources()) else {
                continue;
            };
            let (Ok(problems) | Err(problems)) = runner.check(&nodes).await;
            found.extend_new(problems.0);
        }
        Ok(found)
    }
}

/// What decides about the engine's answer.
fn identity(planned: &Planned) -> String {
    let targets = planned.resolution.plan.targets.iter();
    let each = targets.map(|target| {
        format!(
            "{:?} {:?} {:?} {:?}",
            target.dockerfile, target.build_args, target.platforms, target.contexts
        )
    });
    sha256_hex(each.collect::<String>().as_bytes())
}

fn resources() -> Resources {
    Resources {
        secrets: SecretStore::default(),
        credentials: Credentials::new(Keyring::default()),
        agents: Agents::default(),
        proxies: BTreeMap::new(),
        own_proxies: Proxies::default(),
        actions: ActionsService::default(),
    }
}
