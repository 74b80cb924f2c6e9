//! Results as JSON.

use serde::Serialize;

use crate::text::escape_json;

/// Renders a result for programs: pretty, with a line feed at its end.
pub(super) fn json<T: Serialize>(value: &T) -> String {
    // Our own types have string keys and no failing serializers.
    let text = serde_json::to_string_pretty(value).unwrap_or_default();
    escape_json(&text).into_owned() + "\n"
}
