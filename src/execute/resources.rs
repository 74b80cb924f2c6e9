//! What builds get from the client's side.

use std::collections::BTreeMap;

use crate::buildkit::cache::ActionsService;
use crate::buildkit::session::{Agents, Credentials, SecretStore};
use crate::registry::Proxies;

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
    /// Proxies between this machine and registries.
    pub own_proxies: Proxies,
    /// The cache service of the job of GitHub Actions that we run in.
    pub actions: ActionsService,
}
