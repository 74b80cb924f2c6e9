//! JSON as Go's decoder reads it into a struct.

use serde_json::{Map, Value};

use super::error::ConfigError;

/// A value and where it is.
pub(super) struct Node {
    value: Value,
    path: String,
}

/// The fields of an object that is read as a struct.
pub(super) struct Fields {
    fields: Map<String, Value>,
    path: String,
}

impl Node {
    pub(super) fn root(value: Value) -> Self {
        Self {
            value,
            path: String::new(),
        }
    }

    fn at(path: &str, name: &str, value: Value) -> Self {
        let path = if path.is_empty() {
            name.to_owned()
        } else {
            format!("{path}.{name}")
        };
        Self { value, path }
    }

    /// Returns the text; none for `null`, a missing and an empty one.
    pub(super) fn text(self) -> Result<Option<String>, ConfigError> {
        match self.value {
            Value::Null => Ok(None),
            Value::String(text) => Ok(Some(text).filter(|text| !text.is_empty())),
            _ => Err(self.mismatch("a string")),
        }
    }

    /// Returns the entries of an object whose names are free; none for `null`.
    pub(super) fn entries(self) -> Result<Vec<(String, Self)>, ConfigError> {
        let path = self.path.clone();
        let entries = self.object()?.into_iter();
        let node = |(name, value): (String, Value)| {
            let node = Self::at(&path, &name, value);
            (name, node)
        };
        Ok(entries.map(node).collect())
    }

    /// Reads the values of an object whose names are free.
    pub(super) fn map<T, C: FromIterator<(String, T)>>(
        self,
        read: impl Fn(Self) -> Result<Option<T>, ConfigError>,
    ) -> Result<C, ConfigError> {
        let mut values = Vec::new();
        for (name, node) in self.entries()? {
            values.extend(read(node)?.map(|value| (name, value)));
        }
        Ok(values.into_iter().collect())
    }

    /// Returns an object as a struct, whose fields are found in any case.
    pub(super) fn fields(self) -> Result<Fields, ConfigError> {
        let path = self.path.clone();
        let fields = self.object()?.into_iter();
        let fields = fields.map(|(name, value)| (name.to_lowercase(), value));
        Ok(Fields {
            fields: fields.collect(),
            path,
        })
    }

    fn object(self) -> Result<Map<String, Value>, ConfigError> {
        match self.value {
            Value::Null => Ok(Map::new()),
            Value::Object(fields) => Ok(fields),
            _ => Err(self.mismatch("an object")),
        }
    }

    fn mismatch(&self, expected: &'static str) -> ConfigError {
        let place = if self.path.is_empty() {
            "the file".to_owned()
        } else {
            format!("`{}`", self.path)
        };
        ConfigError::Type {
            place,
            found: kind(&self.value),
            expected,
        }
    }
}

impl Fields {
    /// Takes a field; `null` if there is none.
    pub(super) fn take(&mut self, name: &str) -> Node {
        let value = self.fields.remove(&name.to_lowercase());
        Node::at(&self.path, name, value.unwrap_or_default())
    }
}

const fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}
