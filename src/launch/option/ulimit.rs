//! Limits of the process: `--ulimit`.

use super::RunOption;
use crate::docker::ulimit::Ulimit;

pub(super) const OPTIONS: &[RunOption] = &[RunOption::value("ulimit", |draft, text| {
    let limit: Ulimit = text.parse()?;
    // Docker keeps one per name, the last.
    let limits = &mut draft.spec.resources.ulimits;
    limits.retain(|known| known.name() != limit.name());
    limits.push(limit);
    Ok(())
})];
