//! `args`: flags of a program as data, so that they can be checked, merged and rendered.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::{Map, Value};
use toml::de::DeValue;

use crate::toml_file::{FromToml, Located, Node, Reader, Table, in_file_order};

/// Flags by name, without dashes, in the order written.
pub type FlagArgs = Table<Located<FlagValue>>;

/// What a flag is given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FlagValue {
    /// `true` is the bare flag, `false` its `--no-` form.
    Switch(bool),
    /// One word.
    Text(String),
    /// Several words.
    Words(Vec<String>),
    /// A table, which is passed as JSON.
    Json(Value),
}

impl FlagValue {
    /// Returns the words of the command line.
    pub fn words(&self, name: &str) -> Vec<String> {
        let flag = format!("--{name}");
        match self {
            Self::Switch(true) => vec![flag],
            Self::Switch(false) => vec![format!("--no-{name}")],
            Self::Text(text) => vec![flag, text.clone()],
            Self::Words(words) => [vec![flag], words.clone()].concat(),
            Self::Json(json) => vec![flag, json.to_string()],
        }
    }

    /// Returns the value as one text, to compare it with another.
    pub fn text(&self) -> String {
        match self {
            Self::Switch(on) => on.to_string(),
            Self::Text(text) => text.clone(),
            Self::Words(words) => words.join(" "),
            Self::Json(json) => json.to_string(),
        }
    }
}

impl JsonSchema for FlagValue {
    fn schema_name() -> Cow<'static, str> {
        "FlagValue".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        schemars::json_schema!({
            "description": "`true` is the bare flag, `false` its `--no-` form, an array several words, a table JSON.",
            "type": ["boolean", "string", "number", "array", "object"],
            "items": { "type": ["boolean", "string", "number"] },
        })
    }
}

impl FromToml for FlagValue {
    fn from_toml(key: &str, node: &Node<'_>, reader: &mut Reader) -> Option<Self> {
        match node.get_ref() {
            DeValue::Boolean(on) => Some(Self::Switch(*on)),
            DeValue::Array(items) => {
                let words = items.iter().map(|item| word(item.get_ref()));
                let words: Option<Vec<_>> = words.collect();
                if words.is_none() {
                    reader.wrong_type(key, "an array of strings and numbers", node);
                }
                words.map(Self::Words)
            }
            DeValue::Table(_) => json(node.get_ref()).map(Self::Json),
            value => {
                let word = word(value);
                if word.is_none() {
                    reader.wrong_type(key, "a string, a number, a switch or a table", node);
                }
                word.map(Self::Text)
            }
        }
    }
}

/// Returns a value that is one word. Numbers keep the spelling of the file.
fn word(value: &DeValue<'_>) -> Option<String> {
    match value {
        DeValue::String(text) => Some(text.to_string()),
        DeValue::Integer(number) => Some(number.to_string()),
        DeValue::Float(number) => Some(number.as_str().to_owned()),
        DeValue::Boolean(on) => Some(on.to_string()),
        DeValue::Datetime(_) | DeValue::Array(_) | DeValue::Table(_) => None,
    }
}

fn json(value: &DeValue<'_>) -> Option<Value> {
    Some(match value {
        DeValue::String(text) => Value::String(text.to_string()),
        DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix())
            .ok()?
            .into(),
        DeValue::Float(number) => number.as_str().parse::<f64>().ok()?.into(),
        DeValue::Boolean(on) => Value::Bool(*on),
        DeValue::Datetime(time) => Value::String(time.to_string()),
        DeValue::Array(items) => {
            let items = items.iter().map(|item| json(item.get_ref()));
            Value::Array(items.collect::<Option<_>>()?)
        }
        DeValue::Table(table) => {
            let fields = in_file_order(table).into_iter();
            let fields = fields
                .map(|(name, value)| Some((name.get_ref().to_string(), json(value.get_ref())?)));
            Value::Object(fields.collect::<Option<Map<_, _>>>()?)
        }
    })
}

#[cfg(test)]
mod tests {
    use test_case::test_case;

    use super::*;
    use crate::toml_file::SourceFile;

    fn read(value: &str) -> Result<FlagValue, String> {
        let file = SourceFile::new("x.toml", format!("flag = {value}\n"));
        let (table, errors) = Reader::read(&file, |mut fields| {
            let value = fields.take::<FlagValue>("flag");
            fields.finish();
            Some(value)
        });
        table.ok_or_else(|| errors[0].to_string())
    }

    #[test_case("true" => "--flag"; "a switch")]
    #[test_case("false" => "--no-flag"; "a switch that is off")]
    #[test_case("8192" => "--flag 8192"; "a number")]
    #[test_case("0.82" => "--flag 0.82"; "a fraction as written")]
    #[test_case("\"a b\"" => "--flag 'a b'"; "a text")]
    #[test_case("[1, \"b\"]" => "--flag 1 b"; "several words")]
    #[test_case("{ b = 1, a = { c = true, d = 0.5 } }" => r#"--flag '{"b":1,"a":{"c":true,"d":0.5}}'"#; "a table")]
    fn values_become_words(value: &str) -> String {
        shell_words::join(read(value).unwrap().words("flag"))
    }

    #[test]
    fn a_date_is_refused() {
        let error = read("2026-01-01").unwrap_err();
        insta::assert_snapshot!(error, @"`flag` is a date, but must be a string, a number, a switch or a table");
    }
}
