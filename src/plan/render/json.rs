//! The published form of a plan.

use super::super::build_plan::BuildPlan;
use crate::text::escape_json;

/// Returns the plan as JSON with a line break at its end.
///
/// Secrets are there by id only. A plan has only strings as keys, so this cannot fail.
pub fn json(plan: &BuildPlan) -> String {
    let text = serde_json::to_string_pretty(plan).unwrap_or_default();
    escape_json(&text).into_owned() + "\n"
}
