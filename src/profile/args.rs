//! `[args]` and the tables like it: build arguments and labels.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use toml::de::DeValue;

use crate::toml_file::{FromToml, Located, Node, Reader, Table};

/// Build arguments, or labels, in their Dockerfile spelling.
pub type Args = Table<Located<ArgValue>>;

/// The value of a build argument: text, however TOML spells it.
///
/// Integers and booleans are taken as text. A number with a fraction is refused, because `3.10`
/// and `3.1` are the same number but not the same version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArgValue(pub String);

impl FromToml for ArgValue {
    fn from_toml(key: &str, node: &Node<'_>, reader: &mut Reader) -> Option<Self> {
        match node.get_ref() {
            DeValue::String(text) => Some(Self(text.to_string())),
            DeValue::Integer(number) => Some(Self(number.to_string())),
            DeValue::Boolean(value) => Some(Self(value.to_string())),
            DeValue::Float(_) | DeValue::Datetime(_) => {
                reader.wrong_type(key, "a string: write it in quotes", node);
                None
            }
            DeValue::Array(_) | DeValue::Table(_) => {
                reader.wrong_type(key, "a string, an integer or a boolean", node);
                None
            }
        }
    }
}

impl JsonSchema for ArgValue {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "ArgValue".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        schemars::json_schema!({ "type": ["string", "integer", "boolean"] })
    }
}
