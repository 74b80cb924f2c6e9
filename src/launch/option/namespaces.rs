//! Namespaces: IPC, PID, user, UTS, cgroup; and the OCI runtime that makes them.

use super::RunOption;
use crate::docker::namespace::{HostMode, IpcMode};

pub(super) const OPTIONS: &[RunOption] = &[
    RunOption::value("ipc", |draft, text| {
        draft.spec.isolation.ipc = IpcMode::from(text);
        Ok(())
    }),
    RunOption::value("pid", |draft, text| {
        draft.spec.isolation.pid = text.parse()?;
        Ok(())
    }),
    RunOption::value("userns", |draft, text| {
        draft.spec.isolation.userns = HostMode::userns(text)?;
        Ok(())
    }),
    RunOption::value("uts", |draft, text| {
        draft.spec.isolation.uts = HostMode::uts(text)?;
        Ok(())
    }),
    RunOption::value("cgroupns", |draft, text| {
        draft.spec.isolation.cgroupns = text.parse()?;
        Ok(())
    }),
    RunOption::value("cgroup-parent", |draft, text| {
        draft.spec.resources.cgroup_parent = Some(text.to_owned());
        Ok(())
    }),
    RunOption::value("runtime", |draft, text| {
        draft.spec.isolation.runtime = Some(text.to_owned());
        Ok(())
    }),
];
