//! A table whose keys are names that the profile's author chose.

use std::borrow::Cow;

use indexmap::IndexMap;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use toml::de::DeValue;

use super::merge::Merge;
use super::reader::{FromToml, Node, Reader, in_file_order};
use super::source_file::{Located, Location};

/// Named entries in the order they were written, each with the place of its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table<T> {
    entries: IndexMap<String, (Located<String>, T)>,
}

impl<T> Table<T> {
    /// Returns the entry of a name.
    pub fn get(&self, name: &str) -> Option<&T> {
        self.entry(name).map(|(_, value)| value)
    }

    /// Returns the entry of a name with the name's place.
    pub fn entry(&self, name: &str) -> Option<(&Location, &T)> {
        let (key, value) = self.entries.get(name)?;
        Some((&key.at, value))
    }

    /// Returns the names and entries in file order.
    pub fn iter(&self) -> impl Iterator<Item = (&Located<String>, &T)> {
        self.entries.values().map(|(key, value)| (key, value))
    }

    /// Returns the entries in file order, to be changed.
    pub fn values_mut(&mut self) -> impl Iterator<Item = &mut T> {
        self.entries.values_mut().map(|(_, value)| value)
    }

    /// Returns the names in file order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.entries.keys().map(String::as_str)
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
            entries: IndexMap::new(),
        }
    }
}

impl<T: Merge> Merge for Table<T> {
    /// Keeps the parent's order, so that shared entries come first and are not moved by overrides.
    fn merge(self, parent: Self) -> Self {
        let inherited = parent.entries.into_iter();
        let mut pairs: IndexMap<_, (Option<_>, Option<_>)> = inherited
            .map(|(name, entry)| (name, (None, Some(entry))))
            .collect();
        for (name, entry) in self.entries {
            pairs.entry(name).or_default().0 = Some(entry);
        }
        let merged = pairs.into_iter().filter_map(|(name, pair)| {
            let entry = match pair {
                (Some((key, own)), Some((_, inherited))) => (key, own.merge(inherited)),
                (own, inherited) => own.or(inherited)?,
            };
            Some((name, entry))
        });
        Self {
            entries: merged.collect(),
        }
    }
}

impl<T: FromToml> FromToml for Table<T> {
    fn from_toml(key: &str, node: &Node<'_>, reader: &mut Reader) -> Option<Self> {
        let DeValue::Table(table) = node.get_ref() else {
            reader.wrong_type(key, "a table", node);
            return None;
        };
        let mut entries = IndexMap::new();
        for (name, value) in in_file_order(table) {
            let path = format!("{key}.{}", name.get_ref());
            let value = T::from_toml(&path, value, reader);
            let name = Located {
                value: name.get_ref().to_string(),
                at: reader.at(name.span()),
            };
            entries.extend(value.map(|value| (name.value.clone(), (name, value))));
        }
        Some(Self { entries })
    }

    fn absent() -> Option<Self> {
        Some(Self::default())
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
