//! Where in a container the files of `--secret` can be put.
//!
//! They are copied in before the start: a file system that is read-only refuses them, and what is
//! mounted over their directory hides them. A volume at the directory itself takes them in both
//! cases.

use super::implied::SECRETS;
use super::spec::{ContainerSpec, Storage};
use crate::docker::path::clean;
use crate::docker::volume::Volume;
use crate::problem::{Problem, ProblemKind};

/// Where secrets can be put.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SecretPlace {
    /// The container's own file system.
    Container,
    /// A volume at [`SECRETS`], which is still to be asked for.
    Volume,
    /// Nowhere: their directory is mounted over.
    Taken,
}

impl SecretPlace {
    /// Finds a place in a container.
    pub fn in_container(spec: &ContainerSpec) -> Self {
        let storage = &spec.storage;
        let targets: Vec<String> = targets(storage).map(|target| clean(&target)).collect();
        let lies_below = |target: &String| {
            let rest = SECRETS.strip_prefix(target.trim_end_matches('/'));
            rest.is_some_and(|rest| rest.starts_with('/'))
        };
        if targets.iter().any(|target| target == SECRETS) {
            Self::Taken
        } else if storage.read_only || targets.iter().any(lies_below) {
            Self::Volume
        } else {
            Self::Container
        }
    }
}

/// The directories of the container where something is mounted.
fn targets(storage: &Storage) -> impl Iterator<Item = String> {
    let binds = storage.binds.iter().filter_map(|bind| {
        let volume: Volume = bind.parse().ok()?;
        Some(volume.target().to_owned())
    });
    let mounts = storage.mounts.iter().map(|mount| mount.target.clone());
    binds
        .chain(mounts)
        .chain(storage.volumes.iter().cloned())
        .chain(storage.tmpfs.keys().cloned())
}

/// There is no place.
pub fn taken() -> Problem {
    let message =
        format!("The files of `--secret` belong to `{SECRETS}`, where something else is mounted");
    Problem::new(ProblemKind::Usage, message).hint("Mount it elsewhere, or leave `--secret` out")
}
