//! Flags that need a newer engine than there is.
//!
//! An old engine ignores fields that it does not know, so the container would silently lack them.

use crate::docker::api_version::ApiVersion;
use crate::docker::mount::{BindOptions, BindRecursion, MountKind};
use crate::docker::namespace::CgroupnsMode;
use crate::launch::facts::EngineFacts;
use crate::launch::spec::ContainerSpec;
use crate::problem::{Problem, ProblemKind};

/// A flag, the API version that brought it, and whether a specification uses it.
type Gate = (&'static str, ApiVersion, fn(&ContainerSpec) -> bool);

/// From the API's changelog.
const GATES: &[Gate] = &[
    since(40, "--gpus", |spec| {
        !spec.resources.device_requests.is_empty()
    }),
    since(41, "--platform", |spec| spec.launch.platform.is_some()),
    since(41, "--cgroupns", |spec| {
        spec.isolation.cgroupns != CgroupnsMode::Default
    }),
    since(42, "--mount ...,bind-create-src", |spec| {
        mounts(spec).any(|kind| matches!(kind, MountKind::Bind(bind) if bind.create_source))
    }),
    since(43, "--annotation", |spec| !spec.annotations.is_empty()),
    since(44, "--mount ...,bind-recursive=readonly|writable", |spec| {
        use BindRecursion::{ReadOnly, Writable};
        let is_said = |bind: &BindOptions| matches!(bind.recursion, ReadOnly | Writable);
        mounts(spec).any(|kind| matches!(kind, MountKind::Bind(bind) if is_said(bind)))
    }),
    since(44, "--health-start-interval", |spec| {
        spec.health.start_interval.is_some()
    }),
    since(45, "--mount ...,volume-subpath", |spec| {
        mounts(spec)
            .any(|kind| matches!(kind, MountKind::Volume(volume) if volume.subpath.is_some()))
    }),
    since(48, "--mount type=image", |spec| {
        mounts(spec).any(|kind| matches!(kind, MountKind::Image(_)))
    }),
    since(48, "--network ...,gw-priority", |spec| {
        let mut networks = spec.network.attachments.iter();
        networks.any(|network| network.gateway_priority != 0)
    }),
];

const fn since(minor: u32, flag: &'static str, uses: fn(&ContainerSpec) -> bool) -> Gate {
    (flag, ApiVersion::new(1, minor), uses)
}

fn mounts(spec: &ContainerSpec) -> impl Iterator<Item = &MountKind> {
    spec.storage.mounts.iter().map(|mount| &mount.kind)
}

/// Returns a problem for each flag that the engine does not know.
pub fn check(spec: &ContainerSpec, engine: &EngineFacts) -> Vec<Problem> {
    GATES
        .iter()
        .filter(|(_, since, uses)| engine.api < *since && uses(spec))
        .map(|(flag, since, _)| {
            let message = format!(
                "`{flag}` needs engine API {since}, but engine {} speaks {}",
                engine.version, engine.api
            );
            Problem::new(ProblemKind::Usage, message)
                .hint("Update the engine, or leave the flag out")
        })
        .collect()
}
