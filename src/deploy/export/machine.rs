//! The part of a deployment that one machine runs.

use super::container::Container;
use crate::deploy::Deployment;
use crate::deploy::file::RestartPolicy;
use crate::launch::implied::SecretFile;

/// The containers of one machine.
pub(super) struct Machine<'a> {
    pub(super) deployment: &'a Deployment,
    /// The machine's name, if there are several.
    pub(super) name: Option<&'a str>,
    pub(super) containers: Vec<&'a Container<'a>>,
}

impl<'a> Machine<'a> {
    /// Returns what a container needs of those that are here: others are started on their machines.
    pub(super) fn needed_by(&self, container: &Container<'_>) -> Vec<&'a Container<'a>> {
        let named = container.member.depends_on.iter();
        let here = |name: &String| {
            let mut containers = self.containers.iter().copied();
            containers.find(|other| other.member.name == *name)
        };
        named.filter_map(here).collect()
    }

    /// Returns the secrets of all containers.
    pub(super) fn secrets(&self) -> impl Iterator<Item = &'a SecretFile> {
        let containers = self.containers.iter().copied();
        containers.flat_map(|container| &container.secrets)
    }

    /// Returns docker's word for who starts members again.
    pub(super) fn restart(&self) -> &'static str {
        match self.deployment.restart {
            RestartPolicy::Supervise => "unless-stopped",
            RestartPolicy::Never => "no",
        }
    }
}
