//! A table whose keys are names that the profile's author chose.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use toml::de::DeValue;

use super::merge::Merge;
use super::reader::{FromToml, Node, Reader, in_file_order};
use super::source_file::{Located, Location};

/// Named entries in the order they were written, each with the place of its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table<T> {
    entries: Vec<(Located<String>, T)>,
}

impl<T> Table<T> {
    /// Returns the entry of a name.
    pub fn get(&self, name: &str) -> Option<&T> {
        self.entry(name).map(|(_, value)| value)
    }

    /// Returns the entry of a name with the name's place.
    pub fn entry(&self, name: &str) -> Option<(&Location, &T)> {
        self.entries
            .iter()
            .find(|(key, _)| key.value == name)
            .map(|(key, value)| (&key.at, value))
    }

    /// Returns the names and entries in file order.
    pub fn iter(&self) -> impl Iterator<Item = (&Located<String>, &T)> {
        self.entries.iter().map(|(key, value)| (key, value))
    }

    /// Returns the names in file order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.entries.iter().map(|(key, _)| key.as_str())
    }

    /// Returns whether there is an entry of this name.
    pub fn contains(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// Returns whether there are no entries.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}

impl<T> Default for Table<T> {
    fn default() -> Self {
        Self {
            entries: Vec::new(),
        }
    }
}

impl<T: Merge> Merge for Table<T> {
    /// Keeps the parent's order, so that shared entries come first and are not moved by overrides.
    fn merge(mut self, parent: Self) -> Self {
        let mut merged = Vec::new();
        for (key, inherited) in parent.entries {
            let own = self
                .entries
                .iter()
                .position(|(own, _)| own.value == key.value);
            merged.push(match own.map(|index| self.entries.remove(index)) {
                Some((own_key, own)) => (own_key, own.merge(inherited)),
                None => (key, inherited),
            });
        }
        merged.append(&mut self.entries);
        Self { entries: merged }
    }
}

impl<T: FromToml> FromToml for Table<T> {
    fn from_toml(key: &str, node: &Node<'_>, reader: &mut Reader) -> Option<Self> {
        let DeValue::Table(table) = node.get_ref() else {
            reader.wrong_type(key, "a table", node);
            return None;
        };
        let mut entries = Vec::new();
        for (name, value) in in_file_order(table) {
            let path = format!("{key}.{}", name.get_ref());
            let value = T::from_toml(&path, value, reader);
            let name = Located {
                value: name.get_ref().to_string(),
                at: reader.at(name.span()),
            };
            entries.extend(value.map(|value| (name, value)));
        }
        Some(Self { entries })
    }
}

impl<T: JsonSchema> JsonSchema for Table<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        format!("Table_of_{}", T::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        schemars::json_schema!({
            "type": "object",
            "additionalProperties": generator.subschema_for::<T>(),
        })
    }
}
