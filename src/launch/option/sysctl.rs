//! Kernel parameters: `--sysctl`.

use super::RunOption;
use crate::docker::checks;

pub(super) const OPTIONS: &[RunOption] = &[RunOption::value("sysctl", |draft, text| {
    let (name, value) = checks::sysctl(text)?;
    let sysctls = &mut draft.spec.isolation.sysctls;
    sysctls.insert(name.to_owned(), value.to_owned());
    Ok(())
})];
