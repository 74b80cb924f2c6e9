//! The health check in the shape of the Engine API.

use super::object::Object;
use crate::launch::spec::HealthCheck;

/// Writes `Healthcheck`, if the flags say anything about it; durations in nanoseconds.
pub(super) fn health_check(health: &HealthCheck) -> Option<Object> {
    let HealthCheck {
        command,
        interval,
        timeout,
        retries,
        start_period,
        start_interval,
        disabled,
    } = health;
    let test = match (command, disabled) {
        (_, true) => vec!["NONE"],
        (Some(command), false) => vec!["CMD-SHELL", command],
        (None, false) => Vec::new(),
    };
    let object = Object::default()
        .with("Test", test)
        .with("Interval", interval)
        .with("Timeout", timeout)
        .with("StartPeriod", start_period)
        .with("StartInterval", start_interval)
        .with("Retries", retries);
    (*disabled || health.is_shaped()).then_some(object)
}
