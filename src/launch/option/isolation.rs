//! Namespaces, rights, and parameters of the kernel; the OCI runtime that makes them.

use super::RunOption;
use super::effect::value;
use crate::docker::checks;
use crate::docker::namespace::{HostMode, IpcMode};
use crate::docker::security::SecurityOption;
use crate::text_file;

pub(super) const OPTIONS: &[RunOption] = &[
    value!("ipc", text => spec.isolation.ipc = IpcMode::from(text)),
    value!("pid", text => spec.isolation.pid = text.parse()?),
    value!("userns", text => spec.isolation.userns = HostMode::userns(text)?),
    value!("uts", text => spec.isolation.uts = HostMode::uts(text)?),
    value!("cgroupns", text => spec.isolation.cgroupns = text.parse()?),
    RunOption::text("cgroup-parent", |draft| {
        &mut draft.spec.resources.cgroup_parent
    }),
    RunOption::text("runtime", |draft| &mut draft.spec.isolation.runtime),
    RunOption::switch("privileged", |draft, on| {
        draft.spec.isolation.privileged = on;
    }),
    RunOption::texts("cap-add", |draft| &mut draft.spec.isolation.cap_add),
    RunOption::texts("cap-drop", |draft| &mut draft.spec.isolation.cap_drop),
    RunOption::value("security-opt", |draft, text| {
        let option = match text.parse()? {
            SecurityOption::UnmaskedPaths => {
                draft.spec.isolation.unmasked = true;
                return Ok(());
            }
            SecurityOption::SeccompFile(path) => {
                let profile = text_file::read_text(&draft.host.cwd.join(path))?;
                let profile: serde_json::Value = serde_json::from_str(&profile)?;
                format!("seccomp={profile}")
            }
            SecurityOption::Other(option) => option,
        };
        draft.spec.isolation.security_opt.push(option);
        Ok(())
    }),
    RunOption::value("sysctl", |draft, text| {
        let (name, value) = checks::sysctl(text)?;
        let sysctls = &mut draft.spec.isolation.sysctls;
        sysctls.insert(name.to_owned(), value.to_owned());
        Ok(())
    }),
];
