//! GPUs: `--gpus` in docker's own grammar.
//!
//! dynrun's friendlier spelling (`0,1`, `none`, a UUID) is turned into this one beforehand, by
//! [`crate::launch::negotiate`].

use super::RunOption;
use crate::docker::gpus::DeviceRequest;

pub(super) const OPTIONS: &[RunOption] = &[RunOption::value("gpus", |draft, text| {
    let request: DeviceRequest = text.parse()?;
    draft.spec.resources.device_requests.push(request);
    Ok(())
})];
