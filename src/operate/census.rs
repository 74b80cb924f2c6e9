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
        // Without the model it has no workers, and the question may take a process in its container.
        let instances = if counts.is_empty() {
            Vec::new()
        } else {
            frontend.instances().await.ok()?
        };
        Some(Self { counts, instances })
    }

    /// Returns the id of a member.
    pub(super) fn id_of(&self, member: &Member) -> Option<u64> {
        self.instance_of(member).map(|instance| instance.id)
    }

    /// Returns a member as a worker. The port of its requests is its own in the whole deployment.
    pub(super) fn instance_of(&self, member: &Member) -> Option<&Instance> {
        let port = member.port(PortUse::Requests)?;
        let own = |instance: &&Instance| {
            instance
                .address
                .as_ref()
                .is_some_and(|(_, number)| *number == port)
        };
        let mut found = self.instances.iter().filter(own);
        // Of a worker that was killed and started again, the old entry may still be there.
        match (found.next(), found.next()) {
            (Some(instance), None) => Some(instance),
            _ => None,
        }
    }

    /// Returns whether ports say nothing, because requests travel through NATS.
    pub(super) fn is_anonymous(&self) -> bool {
        self.instances
            .iter()
            .all(|instance| instance.address.is_none())
    }

    /// Returns the places of workers that are not of this deployment as the file here has it.
    pub(super) fn strangers(&self, deployment: &Deployment) -> Vec<String> {
        let known = |port: u16| {
            let mut workers = deployment.workers();
            workers.any(|member| member.port(PortUse::Requests) == Some(port))
        };
        let addresses = self.instances.iter().filter_map(|it| it.address.as_ref());
        let strange = addresses.filter(|(_, port)| !known(*port));
        strange
            .map(|(host, port)| format!("{host}:{port}"))
            .collect()
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
        if !missing.is_empty() {
            return Some(format!(
                "workers that are registered: {}",
                missing.join(", ")
            ));
        }
        let unknown = self.unknown(deployment);
        (!unknown.is_empty()).then(|| format!("not registered: {}", unknown.join(", ")))
    }

    /// Returns the workers that are not there although as many are: others are in their place. If
    /// none is known, ports do not tell who is who.
    fn unknown(&self, deployment: &Deployment) -> Vec<String> {
        let takes_completions = |member: &&Member| member.role() != Some(Role::Encode);
        let workers = deployment.workers().filter(takes_completions);
        let (known, unknown): (Vec<_>, Vec<_>) =
            workers.partition(|member| self.instance_of(member).is_some());
        let names = unknown.iter().map(|member| format!("`{}`", member.name));
        names.filter(|_| !known.is_empty()).collect()
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
