//! Processors, memory, limits, devices and GPUs.
//!
//! dynrun's friendlier spelling of `--gpus` (`0,1`, `none`, a UUID) is turned into docker's beforehand,
//! by [`crate::launch::negotiate`].

use super::effect::value;
use super::{Refusal, RunOption};
use crate::docker::cpus::Cpus;
use crate::docker::device::{self, Device};
use crate::docker::size::ByteSize;
use crate::docker::ulimit::Ulimit;

pub(super) const OPTIONS: &[RunOption] = &[
    value!("cpus", text => spec.resources.nano_cpus = Some(text.parse::<Cpus>()?.get())),
    RunOption::integer("cpu-shares", |draft| &mut draft.spec.resources.cpu_shares),
    RunOption::integer("cpu-period", |draft| &mut draft.spec.resources.cpu_period),
    RunOption::integer("cpu-quota", |draft| &mut draft.spec.resources.cpu_quota),
    RunOption::text("cpuset-cpus", |draft| &mut draft.spec.resources.cpuset_cpus),
    RunOption::text("cpuset-mems", |draft| &mut draft.spec.resources.cpuset_mems),
    value!("memory", text => spec.resources.memory = Some(bytes(text)?)),
    value!("memory-reservation", text => spec.resources.memory_reservation = Some(bytes(text)?)),
    RunOption::value("memory-swap", |draft, text| {
        let unlimited = text == "-1";
        draft.spec.resources.memory_swap = Some(if unlimited { -1 } else { bytes(text)? });
        Ok(())
    }),
    value!("shm-size", text => spec.resources.shm_size = Some(bytes(text)?)),
    RunOption::integer("oom-score-adj", |draft| {
        &mut draft.spec.resources.oom_score_adj
    }),
    RunOption::integer("pids-limit", |draft| &mut draft.spec.resources.pids_limit),
    RunOption::value("ulimit", |draft, text| {
        let limit: Ulimit = text.parse()?;
        // Docker keeps one per name, the last.
        let limits = &mut draft.spec.resources.ulimits;
        limits.retain(|known| known.name() != limit.name());
        limits.push(limit);
        Ok(())
    }),
    RunOption::value("device", |draft, text| {
        match text.parse()? {
            Device::Cdi(name) => draft.cdi_devices.push(name.as_str().to_owned()),
            Device::Path(mapping) => draft.spec.resources.devices.push(mapping),
        }
        Ok(())
    }),
    RunOption::value("device-cgroup-rule", |draft, text| {
        let rule = device::cgroup_rule(text)?.to_owned();
        draft.spec.resources.device_rules.push(rule);
        Ok(())
    }),
    value!("gpus", text => spec.resources.device_requests.push(text.parse()?)),
];

fn bytes(text: &str) -> Result<i64, Refusal> {
    // Sizes are below 2^63, or the grammar refuses them.
    Ok(text.parse::<ByteSize>()?.get().cast_signed())
}
