//! Files with an engine's flags, which a `ConfigMap` of the input puts into the container.

use serde_json::{Map, Value};

use super::note::Notes;
use super::part::{InputFlag, Part};
use crate::deploy::derive::Engine;
use crate::toml_file::Located;

/// The flag of vLLM and SGLang that names such a file.
const FLAG: &str = "config";

impl Part {
    /// Puts the flags that a file holds in the place of the flag that names it. Those of the command
    /// win, as they do for the engines.
    pub(super) fn take_config(&mut self, notes: &mut Notes) {
        let engine = self.engine();
        if !matches!(engine, Some(Engine::Vllm | Engine::Sglang)) {
            return;
        }
        let Some(place) = self.flags.iter().position(|flag| flag.name.value == FLAG) else {
            return;
        };
        let path = self.flags[place].value();
        let Some(keys) = self.file(&path) else {
            return;
        };
        let named = self.flags.remove(place);
        let said = format!("`{path}` is taken from its ConfigMap, flag by flag");
        notes.add(&named.name.at, said);
        let in_file = keys.into_iter().filter_map(|(key, value)| {
            let name = Located {
                value: key,
                at: named.name.at.clone(),
            };
            Some(InputFlag::new(name, values(value)?))
        });
        let is_given = |flag: &InputFlag| self.flag(&flag.canonical(engine)).is_some();
        let in_file: Vec<_> = in_file.filter(|flag| !is_given(flag)).collect();
        self.flags.splice(place..place, in_file);
    }

    /// Returns the keys of a file that is put into the container.
    pub(super) fn file(&self, path: &str) -> Option<Map<String, Value>> {
        let (_, text) = self.files.iter().find(|(known, _)| known == path)?;
        match yaml_serde::from_str(text).ok()? {
            Value::Object(keys) => Some(keys),
            _ => None,
        }
    }
}

/// Returns the words of a flag; a switch that is off has no flag.
fn values(value: Value) -> Option<Vec<String>> {
    let word = |value: &Value| match value {
        Value::String(text) => text.clone(),
        value => value.to_string(),
    };
    Some(match value {
        Value::Bool(false) | Value::Null => return None,
        Value::Bool(true) => Vec::new(),
        Value::Array(items) => items.iter().map(word).collect(),
        value => vec![word(&value)],
    })
}
