//! Flags that need a newer engine than there is.
//!
//! An old engine ignores fields that it does not know, so the container would silently lack them.

use crate::docker::api_version::ApiVersion;
use crate::docker::mount::{BindRecursion, MountKind};
use crate::docker::namespace::CgroupnsMode;
use crate::launch::facts::EngineFacts;
use crate::launch::spec::ContainerSpec;
use crate::problem::{Problem, ProblemKind};

/// A flag, the API version that brought it, and whether a specification uses it.
struct Gate {
    flag: &'static str,
    since: ApiVersion,
    uses: fn(&ContainerSpec) -> bool,
}

/// From the API's changelog.
const GATES: &[Gate] = &[
    Gate {
        flag: "--gpus",
        since: ApiVersion::new(1, 40),
        uses: |spec| !spec.resources.device_requests.is_empty(),
    },
    Gate {
        flag: "--platform",
        since: ApiVersion::new(1, 41),
        uses: |spec| spec.launch.platform.is_some(),
    },
    Gate {
        flag: "--cgroupns",
        since: ApiVersion::new(1, 41),
        uses: |spec| spec.isolation.cgroupns != CgroupnsMode::Default,
    },
    Gate {
        flag: "--mount ...,bind-create-src",
        since: ApiVersion::new(1, 42),
        uses: |spec| {
            mounts(
                spec,
                |kind| matches!(kind, MountKind::Bind(bind) if bind.create_source),
            )
        },
    },
    Gate {
        flag: "--annotation",
        since: ApiVersion::new(1, 43),
        uses: |spec| !spec.annotations.is_empty(),
    },
    Gate {
        flag: "--mount ...,bind-recursive=readonly|writable",
        since: ApiVersion::new(1, 44),
        uses: |spec| {
            use BindRecursion::{ReadOnly, Writable};
            mounts(
                spec,
                |kind| matches!(kind, MountKind::Bind(bind) if matches!(bind.recursion, ReadOnly | Writable)),
            )
        },
    },
    Gate {
        flag: "--health-start-interval",
        since: ApiVersion::new(1, 44),
        uses: |spec| spec.health.start_interval.is_some(),
    },
    Gate {
        flag: "--mount ...,volume-subpath",
        since: ApiVersion::new(1, 45),
        uses: |spec| {
            mounts(
                spec,
                |kind| matches!(kind, MountKind::Volume(volume) if volume.subpath.is_some()),
            )
        },
    },
    Gate {
        flag: "--mount type=image",
        since: ApiVersion::new(1, 48),
        uses: |spec| mounts(spec, |kind| matches!(kind, MountKind::Image(_))),
    },
    Gate {
        flag: "--network ...,gw-priority",
        since: ApiVersion::new(1, 48),
        uses: |spec| {
            let mut networks = spec.network.attachments.iter();
            networks.any(|network| network.gateway_priority != 0)
        },
    },
];

fn mounts(spec: &ContainerSpec, has: fn(&MountKind) -> bool) -> bool {
    spec.storage.mounts.iter().any(|mount| has(&mount.kind))
}

/// Returns a problem for each flag that the engine does not know.
pub fn check(spec: &ContainerSpec, engine: &EngineFacts) -> Vec<Problem> {
    GATES
        .iter()
        .filter(|gate| engine.api < gate.since && (gate.uses)(spec))
        .map(|gate| {
            let message = format!(
                "`{}` needs engine API {}, but engine {} speaks {}",
                gate.flag, gate.since, engine.version, engine.api
            );
            Problem::new(ProblemKind::Usage, message)
                .hint("Update the engine, or leave the flag out")
        })
        .collect()
}
