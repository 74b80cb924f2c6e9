//! The smoke tests of an image: which of the profile's commands it has to pass.

use std::time::Duration;

use serde::Serialize;

use super::axes::Axes;
use super::origin::Origin;
use crate::profile::{Patterns, Profile, Smoke, SmokeNetwork};

/// How long a command may run that sets no limit: an import of an engine takes a minute on a cold
/// disk.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(5 * 60);

/// A command that must succeed in an image before it is exported.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PlannedSmoke {
    /// Program and arguments; no shell reads them.
    pub run: Vec<String>,
    /// The user, if not the image's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// Variables over those of the image, as `NAME=VALUE`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub env: Vec<String>,
    /// What of the network it reaches.
    pub network: SmokeNetwork,
    /// How long it may run.
    #[serde(rename = "timeout_seconds", serialize_with = "seconds")]
    pub timeout: Duration,
    /// The lines of the profile that ask for it.
    #[serde(skip)]
    pub origin: Origin,
}

fn seconds<S: serde::Serializer>(timeout: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(timeout.as_secs_f64())
}

/// Chooses the commands for a target, in the order of the profile.
pub(super) fn of_target(profile: &Profile, axes: &Axes<'_>, target: &str) -> Vec<PlannedSmoke> {
    profile
        .smoke
        .iter()
        .filter(|smoke| applies(smoke, axes, target))
        .map(planned)
        .collect()
}

fn applies(smoke: &Smoke, axes: &Axes<'_>, target: &str) -> bool {
    Patterns::pick(smoke.frameworks.as_ref(), &axes.framework)
        && Patterns::pick(smoke.devices.as_ref(), axes.device)
        && Patterns::pick(smoke.targets.as_ref(), target)
        && Patterns::pick(smoke.sources.as_ref(), axes.source.value.as_str())
}

fn planned(smoke: &Smoke) -> PlannedSmoke {
    let Smoke {
        run,
        user,
        env,
        network,
        timeout,
        frameworks: _,
        devices: _,
        targets: _,
        sources: _,
    } = smoke;
    PlannedSmoke {
        run: run.value.0.clone(),
        user: user.as_ref().map(|user| user.value.clone()),
        env: env
            .iter()
            .map(|(name, value)| format!("{}={}", name.value, value.value.0))
            .collect(),
        network: network
            .as_ref()
            .map_or(SmokeNetwork::None, |network| network.value),
        timeout: timeout
            .as_ref()
            .map_or(DEFAULT_TIMEOUT, |timeout| timeout.value.0),
        origin: Origin::File(run.at.clone()),
    }
}
