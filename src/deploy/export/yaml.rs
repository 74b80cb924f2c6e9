//! YAML, written by a library.

use serde_json::Value;

/// Writes a value.
pub(super) fn write(value: &Value) -> String {
    yaml_serde::to_string(value).unwrap_or_default()
}
