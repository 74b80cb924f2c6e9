//! Results as JSON.

use serde::Serialize;

/// Renders a result for programs: pretty, with a line feed at its end.
pub(super) fn json<T: Serialize>(value: &T) -> String {
    // Our own types have string keys and no failing serializers.
    let mut text = serde_json::to_string_pretty(value).unwrap_or_default();
    text.push('\n');
    text
}
