//! The workers that a frontend sees, by the members that they are.

use std::collections::BTreeMap;

use super::answers::{Counts, Instance};
use super::frontend::Frontend;
use crate::deploy::file::Role;
use crate::deploy::{Deployment, Member, PortUse};

/// What a frontend sees.
#[derive(Clone, Debug)]
pub(super) struct Census {
    pub(super) counts: Counts,
    pub(super) instances: Vec<Instance>,
}

impl Census {
    pub(super) async fn take(frontend: &Frontend) -> Option<Self> {
        let counts = frontend.counts().await.ok()?;
        let instances = frontend.instances().await.ok()?;
        Some(Self { counts, instances })
    }

    /// Returns the id of a member. The port of its requests is its own in the whole deployment.
    pub(super) fn id_of(&self, member: &Member) -> Option<u64> {
        let port = member.port(PortUse::Requests)?;
        let own = |instance: &&Instance| {
            instance
                .address
                .as_ref()
                .is_some_and(|(_, number)| *number == port)
        };
        let mut found = self
            .instances
            .iter()
            .filter(own)
            .map(|instance| instance.id);
        // Of a worker that was killed and started again, the old entry may still be there.
        match (found.next(), found.next()) {
            (Some(id), None) => Some(id),
            _ => None,
        }
    }

    /// Returns whether ports say nothing, because requests travel through NATS.
    pub(super) fn is_anonymous(&self) -> bool {
        self.instances
            .iter()
            .all(|instance| instance.address.is_none())
    }

    /// Returns what is missing, or `None` if all are there.
    pub(super) fn missing(&self, deployment: &Deployment) -> Option<String> {
        let mut missing = Vec::new();
        for (name, wanted) in wanted(deployment) {
            let there = self.counts.get(name).copied().unwrap_or_default();
            if there != wanted {
                missing.push(format!("{there} of {wanted} {name}"));
            }
        }
        (!missing.is_empty())
            .then(|| format!("workers that are registered: {}", missing.join(", ")))
    }
}

/// Returns how many workers a frontend has to count, by its own names of their types.
fn wanted(deployment: &Deployment) -> BTreeMap<&'static str, usize> {
    let name = |role: Role| match role {
        Role::Aggregated => Some("aggregated"),
        Role::Prefill => Some("prefill"),
        Role::Decode => Some("decode"),
        // They take no completions.
        Role::Encode => None,
    };
    let workers = deployment.ready.workers.iter();
    workers
        .filter_map(|(role, count)| Some((name(*role)?, *count)))
        .collect()
}
