//! `--wait` for a worker of Dynamo: the port on which it answers for its health.

use super::{Context, Implied};
use crate::launch::flag::{Flag, Origin};
use crate::launch::readiness::{SYSTEM_PORT, is_worker};

/// The port that Dynamo's documents use for it.
const PORT: &str = "9090";

/// By which the health is that of the endpoint; otherwise it is never good (dynamo 1.3.1).
const ENDPOINT_STATUS: &str = "DYN_SYSTEM_USE_ENDPOINT_HEALTH_STATUS";
const ENDPOINTS: &str = "[\"generate\"]";

pub(super) fn imply(context: &Context<'_>) -> Implied {
    let request = context.request;
    if request.wait.is_none() || request.no_defaults || !is_worker(&request.words) {
        return Implied::default();
    }
    let variables = [(SYSTEM_PORT, PORT), (ENDPOINT_STATUS, ENDPOINTS)];
    let missing = variables
        .into_iter()
        .filter(|(name, _)| !context.typed_variable(name));
    let origin = Origin::Implied("--wait");
    Implied {
        flags: missing
            .map(|(name, value)| Flag::value("env", format!("{name}={value}"), origin.clone()))
            .collect(),
        ..Implied::default()
    }
}
