//! What a `[workers.NAME]` table means.

use super::engine::Engine;
use super::shape::Shape;
use crate::deploy::file::{DeploymentFile, Role, WorkerTable, Written as _};
use crate::deploy::finding::Finding;
use crate::deploy::member::Rank;
use crate::toml_file::Located;

/// A worker table in which everything is decided that does not depend on the replica.
pub(in crate::deploy) struct PlannedWorker<'a> {
    pub(in crate::deploy) name: &'a Located<String>,
    pub(in crate::deploy) table: &'a WorkerTable,
    pub(in crate::deploy) role: Role,
    pub(in crate::deploy) replicas: u32,
    /// Machines, and so containers, of a replica.
    pub(in crate::deploy) nodes: u32,
    pub(in crate::deploy) shape: Shape,
    /// The number of its first replica among those of all tables.
    pub(in crate::deploy) first: u32,
}

impl<'a> PlannedWorker<'a> {
    pub(in crate::deploy) fn all(
        file: &'a DeploymentFile,
        engine: Engine,
        mock: bool,
        findings: &mut Vec<Finding>,
    ) -> Vec<Self> {
        let mut first = 0;
        let mut workers = Vec::new();
        for (name, table) in file.workers.iter() {
            let Some(role) = role(name, table, findings) else {
                continue;
            };
            let replicas = table.replicas.value_or(1);
            let shape = Shape::of(name, table, engine, findings);
            workers.push(Self {
                name,
                table,
                role,
                replicas,
                // The mocker plays all ranks in one process.
                nodes: if mock {
                    1
                } else {
                    table.nodes.value_or(1).max(1)
                },
                shape: if mock { shape.without_gpus() } else { shape },
                first,
            });
            first = first.saturating_add(replicas);
        }
        workers
    }

    /// Returns one of the containers of a replica.
    pub(super) const fn rank(&self, index: u32) -> Rank {
        Rank {
            index,
            of: self.nodes,
        }
    }

    /// GPUs of one container.
    pub(in crate::deploy) const fn gpus_per_node(&self) -> u32 {
        self.shape.gpus / self.nodes
    }
}

fn role(name: &Located<String>, table: &WorkerTable, findings: &mut Vec<Finding>) -> Option<Role> {
    let role = table.role.value().or_else(|| Role::from_word(&name.value));
    if role.is_none() {
        let message = format!("`workers.{}` has no `role`", name.value);
        let hint = format!(
            "Add `role = \"agg\"`, or one of `{}`",
            Role::words().join("`, `")
        );
        findings.push(Finding::error(message).at(&name.at).hint(hint));
    }
    role
}
