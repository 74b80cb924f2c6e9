//! All flags that have an effect, and those of docker that have none here.

use super::{RunOption, isolation, keeping, launch, network, process, resources, storage};

const ALL: &[&[RunOption]] = &[
    isolation::OPTIONS,
    keeping::OPTIONS,
    launch::OPTIONS,
    network::OPTIONS,
    process::OPTIONS,
    resources::OPTIONS,
    storage::OPTIONS,
];

/// Flags that `docker run` has and dynrun refuses: for Windows, for engines long gone, or for
/// throttling that inference containers are not run with.
const LEFT_TO_DOCKER: &[&str] = &[
    "blkio-weight",
    "blkio-weight-device",
    "cpu-count",
    "cpu-percent",
    "cpu-rt-period",
    "cpu-rt-runtime",
    "device-read-bps",
    "device-read-iops",
    "device-write-bps",
    "device-write-iops",
    "disable-content-trust",
    "io-maxbandwidth",
    "io-maxiops",
    "isolation",
    "kernel-memory",
    "link",
    "memory-swappiness",
    "oom-kill-disable",
    "storage-opt",
    "use-api-socket",
    "volume-driver",
];

/// Returns the flag with this long name.
pub fn find(name: &str) -> Option<&'static RunOption> {
    ALL.iter()
        .copied()
        .flatten()
        .find(|option| option.name == name)
}

/// Returns whether this is a flag of `docker run` that dynrun does not take.
pub fn left_to_docker(name: &str) -> bool {
    LEFT_TO_DOCKER.contains(&name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::docker::run_flags::{CONTAINER, FlagKind, RUN};
    use crate::launch::option::effect::Effect;

    #[test]
    fn every_flag_of_docker_has_an_effect_or_is_left_to_docker() {
        for flag in CONTAINER.iter().chain(RUN).filter(|f| f.name != "help") {
            assert!(
                find(flag.name).is_some() != left_to_docker(flag.name),
                "--{}",
                flag.name
            );
        }
    }

    #[test]
    fn effects_fit_the_kind_of_their_flag() {
        for flag in CONTAINER.iter().chain(RUN) {
            let Some(option) = find(flag.name) else {
                continue;
            };
            let takes_value = matches!(flag.kind, FlagKind::Value(_));
            assert_eq!(
                !matches!(option.effect, Effect::Switch(_)),
                takes_value,
                "--{}",
                flag.name
            );
        }
    }

    #[test]
    fn no_flag_has_two_effects() {
        let mut seen = std::collections::HashSet::new();
        for option in ALL.iter().copied().flatten() {
            assert!(seen.insert(option.name), "--{}", option.name);
        }
    }
}
