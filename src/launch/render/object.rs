//! Objects of the Engine API, without what the engine takes for granted.

use serde::Serialize;
use serde_json::{Map, Value, json};

/// An object whose fields are in the order in which they are added.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(transparent)]
pub(super) struct Object(Map<String, Value>);

impl Object {
    /// Adds a field, unless it has the zero value of its type, as that of an empty object.
    pub(super) fn with(self, name: &str, value: impl Serialize) -> Self {
        let value = json!(value);
        let is_zero = match &value {
            Value::Null => true,
            Value::Bool(is_on) => !is_on,
            Value::Number(number) => number.as_i64() == Some(0),
            Value::String(text) => text.is_empty(),
            Value::Array(items) => items.is_empty(),
            Value::Object(fields) => fields.is_empty(),
        };
        if is_zero {
            self
        } else {
            self.always(name, value)
        }
    }

    /// Adds a field if something was said about it, be it the zero value.
    pub(super) fn said(self, name: &str, value: Option<impl Serialize>) -> Self {
        match value {
            Some(value) => self.always(name, value),
            None => self,
        }
    }

    /// Adds a field that docker always sends.
    pub(super) fn always(mut self, name: &str, value: impl Serialize) -> Self {
        self.0.insert(name.to_owned(), json!(value));
        self
    }
}

/// Writes values as the API has them.
pub(super) fn texts<T: ToString>(values: &[T]) -> Vec<String> {
    values.iter().map(T::to_string).collect()
}
