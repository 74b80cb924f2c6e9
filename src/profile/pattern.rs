//! Patterns that pick values of an axis: a word in which `*` stands for any characters.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use toml::de::DeValue;

use crate::toml_file::{FromToml, Located, Node, Reader};

/// One or several patterns; a value matches if one of them does.
///
/// Written as a string or as an array of strings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Patterns(pub Vec<Located<String>>);

impl Patterns {
    /// Returns whether a value of the axis is picked.
    pub fn matches(&self, value: &str) -> bool {
        self.0.iter().any(|pattern| glob(&pattern.value, value))
    }

    /// Returns whether a value is picked where patterns may be left out, which then pick all.
    pub fn pick(patterns: Option<&Self>, value: &str) -> bool {
        patterns.is_none_or(|patterns| patterns.matches(value))
    }
}

/// Returns whether `pattern`, in which `*` stands for any characters, matches all of `text`.
pub(crate) fn glob(pattern: &str, text: &str) -> bool {
    let Some((head, tail)) = pattern.split_once('*') else {
        return pattern == text;
    };
    let Some(rest) = text.strip_prefix(head) else {
        return false;
    };
    let starts = rest.char_indices().map(|(index, _)| index);
    starts
        .chain([rest.len()])
        .any(|start| glob(tail, &rest[start..]))
}

impl FromToml for Patterns {
    fn from_toml(key: &str, node: &Node<'_>, reader: &mut Reader) -> Option<Self> {
        match node.get_ref() {
            DeValue::Array(_) => Vec::from_toml(key, node, reader).map(Self),
            DeValue::String(_) => Located::from_toml(key, node, reader).map(|one| Self(vec![one])),
            _ => {
                reader.wrong_type(key, "a string or an array of strings", node);
                None
            }
        }
    }
}

impl JsonSchema for Patterns {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Patterns".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        schemars::json_schema!({
            "anyOf": [
                { "type": "string" },
                { "type": "array", "items": { "type": "string" } },
            ],
        })
    }
}

#[cfg(test)]
mod tests {
    use test_case::test_case;

    use super::glob;

    #[test_case("cuda13.*", "cuda13.1" => true)]
    #[test_case("cuda13.*", "cuda12.9" => false)]
    #[test_case("*", "" => true; "a star matches nothing too")]
    #[test_case("*.9", "cuda12.9" => true)]
    #[test_case("c*a*9", "cuda12.9" => true)]
    #[test_case("cuda", "cuda12.9" => false; "the whole value must match")]
    fn a_star_stands_for_any_characters(pattern: &str, text: &str) -> bool {
        glob(pattern, text)
    }
}
