//! The health check in the shape of the Engine API.

use serde::Serialize;

use super::skip::is_zero;
use crate::launch::spec::HealthCheck;

/// `Healthcheck`; durations in nanoseconds.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct WireHealth {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    test: Vec<String>,
    #[serde(skip_serializing_if = "is_zero")]
    interval: i64,
    #[serde(skip_serializing_if = "is_zero")]
    timeout: i64,
    #[serde(skip_serializing_if = "is_zero")]
    start_period: i64,
    #[serde(skip_serializing_if = "is_zero")]
    start_interval: i64,
    #[serde(skip_serializing_if = "is_zero")]
    retries: i64,
}

impl WireHealth {
    pub(super) fn new(health: &HealthCheck) -> Option<Self> {
        if !health.disabled && !health.is_shaped() {
            return None;
        }
        let test = match (&health.command, health.disabled) {
            (_, true) => vec!["NONE".to_owned()],
            (Some(command), false) => vec!["CMD-SHELL".to_owned(), command.clone()],
            (None, false) => Vec::new(),
        };
        Some(Self {
            test,
            interval: health.interval.unwrap_or_default(),
            timeout: health.timeout.unwrap_or_default(),
            start_period: health.start_period.unwrap_or_default(),
            start_interval: health.start_interval.unwrap_or_default(),
            retries: health.retries.unwrap_or_default(),
        })
    }
}
