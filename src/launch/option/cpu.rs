//! Processors: `--cpus`, `--cpuset-*`, weights and quotas.

use super::RunOption;
use crate::docker::cpus::Cpus;
use crate::docker::number;

pub(super) const OPTIONS: &[RunOption] = &[
    RunOption::value("cpus", |draft, text| {
        let cpus: Cpus = text.parse()?;
        draft.spec.resources.nano_cpus = Some(cpus.get());
        Ok(())
    }),
    RunOption::value("cpu-shares", |draft, text| {
        draft.spec.resources.cpu_shares = Some(number::integer(text)?);
        Ok(())
    }),
    RunOption::value("cpu-period", |draft, text| {
        draft.spec.resources.cpu_period = Some(number::integer(text)?);
        Ok(())
    }),
    RunOption::value("cpu-quota", |draft, text| {
        draft.spec.resources.cpu_quota = Some(number::integer(text)?);
        Ok(())
    }),
    RunOption::value("cpuset-cpus", |draft, text| {
        draft.spec.resources.cpuset_cpus = Some(text.to_owned());
        Ok(())
    }),
    RunOption::value("cpuset-mems", |draft, text| {
        draft.spec.resources.cpuset_mems = Some(text.to_owned());
        Ok(())
    }),
];
