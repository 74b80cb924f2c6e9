//! Rights: `--privileged`, capabilities, `--security-opt`.

use super::RunOption;
use crate::docker::security::SecurityOption;
use crate::text_file;

pub(super) const OPTIONS: &[RunOption] = &[
    RunOption::switch("privileged", |draft, on| {
        draft.spec.isolation.privileged = on;
    }),
    RunOption::value("cap-add", |draft, text| {
        draft.spec.isolation.cap_add.push(text.to_owned());
        Ok(())
    }),
    RunOption::value("cap-drop", |draft, text| {
        draft.spec.isolation.cap_drop.push(text.to_owned());
        Ok(())
    }),
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
];
