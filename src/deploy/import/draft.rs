//! The deployment file that is being made: tables of keys, and their spelling in TOML.

use std::fmt::Write as _;

use indexmap::IndexMap;
use serde_json::Value;

use super::note::Notes;

/// Tables by name, `""` being the top, each with its keys and values as TOML.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Draft {
    tables: IndexMap<String, IndexMap<String, String>>,
    /// What the file does not say.
    pub(super) notes: Notes,
}

impl Draft {
    /// Sets a key; a table that has nothing else is made by it.
    pub(super) fn set(&mut self, table: &str, key: &str, value: impl Into<String>) {
        let keys = self.tables.entry(table.to_owned()).or_default();
        keys.insert(key.to_owned(), value.into());
    }

    pub(super) fn set_text(&mut self, table: &str, key: &str, value: &str) {
        self.set(table, key, text(value));
    }

    /// Makes a table that may stay empty.
    pub(super) fn table(&mut self, table: &str) {
        self.tables.entry(table.to_owned()).or_default();
    }

    pub(super) fn get(&self, table: &str, key: &str) -> Option<&str> {
        self.tables.get(table)?.get(key).map(String::as_str)
    }

    /// Adds a name to a list.
    pub(super) fn push(&mut self, table: &str, key: &str, value: &str) {
        let known = self
            .get(table, key)
            .map(|list| list.trim_matches(['[', ']']).to_owned());
        let list = match known {
            Some(known) if known.split(", ").any(|it| it == text(value)) => return,
            Some(known) => format!("[{known}, {}]", text(value)),
            None => format!("[{}]", text(value)),
        };
        self.set(table, key, list);
    }

    /// Writes the file: the top first, then each table with those below it.
    pub(super) fn write(&self) -> String {
        let mut out = String::new();
        keys(&mut out, self.tables.get(""));
        let is_below = |name: &str, parent: &str| name.starts_with(&format!("{parent}."));
        let names: Vec<&String> = self.tables.keys().filter(|name| !name.is_empty()).collect();
        let has_parent = |name: &str| names.iter().any(|parent| is_below(name, parent));
        for name in names.iter().filter(|name| !has_parent(name)) {
            let below = names.iter().copied().filter(|other| is_below(other, name));
            for name in [*name].into_iter().chain(below) {
                let header: Vec<_> = name.split('.').map(key).collect();
                let _ = write!(out, "\n[{}]\n", header.join("."));
                keys(&mut out, self.tables.get(name.as_str()));
            }
        }
        out
    }
}

fn keys(out: &mut String, table: Option<&IndexMap<String, String>>) {
    for (name, value) in table.into_iter().flatten() {
        let _ = writeln!(out, "{} = {value}", key(name));
    }
}

/// Returns a key, in quotes if it must be.
fn key(name: &str) -> String {
    let is_bare = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if !name.is_empty() && name.chars().all(is_bare) {
        name.to_owned()
    } else {
        text(name)
    }
}

/// Returns a text in quotes.
pub(super) fn text(value: &str) -> String {
    toml::Value::String(value.to_owned()).to_string()
}

/// Returns what a flag is given, as the value of a key of `args`: it comes to the same words.
pub(super) fn flag_value(values: &[String]) -> String {
    match values {
        [] => "true".to_owned(),
        [word] => flag_word(word),
        words => {
            let words: Vec<_> = words.iter().map(|word| text(word)).collect();
            format!("[{}]", words.join(", "))
        }
    }
}

fn flag_word(word: &str) -> String {
    let value = serde_json::from_str(word).ok().filter(Value::is_object);
    if let Some(value) = value.filter(|value| format!("{value}") == *word)
        && let Some(table) = json(&value)
    {
        return table;
    }
    if is_number(word) {
        word.to_owned()
    } else {
        text(word)
    }
}

/// Returns whether TOML reads a word as a number and keeps its spelling.
fn is_number(word: &str) -> bool {
    let unsigned = word.strip_prefix('-').unwrap_or(word);
    let (whole, fraction) = match unsigned.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (unsigned, None),
    };
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let has_plain_start = whole == "0" || !whole.starts_with('0');
    digits(whole)
        && has_plain_start
        && word.len() < 18
        && word != "-0"
        && fraction.is_none_or(digits)
}

/// Writes JSON as TOML; there is none for `null`, and for numbers that are too big.
pub(super) fn json(value: &Value) -> Option<String> {
    Some(match value {
        Value::Null => return None,
        Value::Bool(on) => on.to_string(),
        Value::Number(number) if number.is_u64() && !number.is_i64() => return None,
        Value::Number(number) => number.to_string(),
        Value::String(value) => text(value),
        Value::Array(items) => {
            let items: Option<Vec<_>> = items.iter().map(json).collect();
            format!("[{}]", items?.join(", "))
        }
        Value::Object(fields) if fields.is_empty() => "{}".to_owned(),
        Value::Object(fields) => {
            let fields = fields
                .iter()
                .map(|(name, value)| Some(format!("{} = {}", key(name), json(value)?)));
            let fields: Option<Vec<_>> = fields.collect();
            format!("{{ {} }}", fields?.join(", "))
        }
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::deploy::tests::read;

    /// Returns the words that a flag comes to after it was written and read.
    fn again(values: &[String]) -> Vec<String> {
        let mut draft = Draft::default();
        draft.set("workers.agg.args", "flag", flag_value(values));
        let file = read("x.toml", &draft.write());
        let args = &file.workers.get("agg").unwrap().args;
        args.get("flag").unwrap().value.words("flag")[1..].to_vec()
    }

    #[test]
    fn tables_are_written_below_their_parents() {
        let mut draft = Draft::default();
        draft.set_text("", "deployment", "x");
        draft.table("workers.a");
        draft.table("workers.b");
        draft.set("workers.a.args", "a b", flag_value(&["0.90".to_owned()]));
        draft.push("workers.b", "force", "x");
        draft.push("workers.b", "force", "y");
        draft.push("workers.b", "force", "x");
        insta::assert_snapshot!(draft.write(), @r#"
        deployment = "x"

        [workers.a]

        [workers.a.args]
        "a b" = 0.90

        [workers.b]
        force = ["x", "y"]
        "#);
    }

    proptest! {
        #[test]
        fn flags_keep_their_words(values in proptest::collection::vec("[ -~]{0,12}|[0-9.-]{1,8}|true|null|é\n", 0..3)) {
            prop_assert_eq!(again(&values), values);
        }

        #[test]
        fn json_keeps_its_spelling(number in any::<i64>(), float in -1e9..1e9, text in "\\PC{0,8}") {
            let value = serde_json::json!({"b": {"x": [number, float, {}]}, "a": text, "c": true});
            let words = [value.to_string()];
            prop_assert_eq!(again(&words), words);
        }
    }
}
