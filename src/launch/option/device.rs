//! Devices: `--device` (a node of the host, or a CDI name) and `--device-cgroup-rule`.

use super::RunOption;
use crate::docker::device::{self, Device};

pub(super) const OPTIONS: &[RunOption] = &[
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
];
