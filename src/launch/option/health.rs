//! The health check: `--health-*` and `--no-healthcheck`.

use super::{Refusal, RunOption};
use crate::docker::duration::GoDuration;
use crate::docker::number;

pub(super) const OPTIONS: &[RunOption] = &[
    RunOption::value("health-cmd", |draft, text| {
        draft.spec.health.command = Some(text.to_owned()).filter(|command| !command.is_empty());
        Ok(())
    }),
    RunOption::value("health-interval", |draft, text| {
        draft.spec.health.interval = Some(nanos(text)?);
        Ok(())
    }),
    RunOption::value("health-timeout", |draft, text| {
        draft.spec.health.timeout = Some(nanos(text)?);
        Ok(())
    }),
    RunOption::value("health-start-period", |draft, text| {
        draft.spec.health.start_period = Some(nanos(text)?);
        Ok(())
    }),
    RunOption::value("health-start-interval", |draft, text| {
        draft.spec.health.start_interval = Some(nanos(text)?);
        Ok(())
    }),
    RunOption::value("health-retries", |draft, text| {
        draft.spec.health.retries = Some(not_negative(number::integer(text)?)?);
        Ok(())
    }),
    RunOption::switch("no-healthcheck", |draft, on| {
        draft.spec.health.disabled = on;
    }),
];

fn nanos(text: &str) -> Result<i64, Refusal> {
    not_negative(text.parse::<GoDuration>()?.get())
}

fn not_negative(value: i64) -> Result<i64, Refusal> {
    if value < 0 {
        return Err(Refusal::new("cannot be negative"));
    }
    Ok(value)
}
