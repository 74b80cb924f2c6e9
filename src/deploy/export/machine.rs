//! The part of a deployment that one machine runs.

use super::container::Container;
use crate::deploy::Deployment;
use crate::deploy::file::RestartPolicy;

/// The containers of one machine.
pub(super) struct Machine<'a> {
    pub(super) deployment: &'a Deployment,
    /// The machine's name, if there are several.
    pub(super) name: Option<&'a str>,
    pub(super) containers: Vec<&'a Container<'a>>,
}

impl Machine<'_> {
    /// Returns docker's word for who starts members again.
    pub(super) fn restart(&self) -> &'static str {
        match self.deployment.restart {
            RestartPolicy::Supervise => "unless-stopped",
            RestartPolicy::Never => "no",
        }
    }
}
