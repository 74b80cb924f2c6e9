//! Texts with values in them: names of images, labels, cache references.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator};

use crate::suggest::closest;
use crate::toml_file::{FromToml, Node, Reader, choice};

choice! {
    /// A value that a template can name.
    pub enum Variable("template value") {
        /// The version, for example `v1.2.0.dev.0a1b2c3`.
        Version = "version",
        /// The framework as the user named it.
        Framework = "framework",
        /// The target.
        Target = "target",
        /// The device.
        Device = "device",
        /// The source of Dynamo.
        Source = "source",
        /// The architectures, joined by dashes, for example `amd64`.
        Arch = "arch",
        /// The full commit, empty without a repository.
        Revision = "revision",
        /// The branch, empty on a detached HEAD.
        Branch = "branch",
    }
}

/// A text in which `{name}` stands for a value, and `{-name}` for a dash and the value, or for
/// nothing if the value is empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    text: String,
    pieces: Vec<Piece>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Text(String),
    Value { variable: Variable, dash: bool },
}

impl Template {
    /// Reads a template, or says which rule it breaks.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some((before, braced)) = rest.split_once('{') {
            let Some((name, after)) = braced.split_once('}') else {
                return Err("a `{` is not closed".into());
            };
            if before.ends_with('$') {
                return Err(format!(
                    "`${{{name}}}` was not expanded; put it in double quotes or none, so that the \
                     shell replaces it"
                ));
            }
            pieces.push(Piece::Text(before.to_owned()));
            pieces.push(Piece::value(name)?);
            rest = after;
        }
        pieces.push(Piece::Text(rest.to_owned()));
        Ok(Self {
            text: text.to_owned(),
            pieces,
        })
    }

    /// Returns the text with its values filled in.
    pub fn expand<'v>(&self, value: impl Fn(Variable) -> Cow<'v, str>) -> String {
        let expand = |piece: &Piece| match piece {
            Piece::Text(text) => text.clone(),
            Piece::Value { variable, dash } => match (dash, value(*variable)) {
                (true, value) if !value.is_empty() => format!("-{value}"),
                (_, value) => value.into_owned(),
            },
        };
        self.pieces.iter().map(expand).collect()
    }

    /// Returns whether a value is named.
    pub fn names(&self, sought: Variable) -> bool {
        let is_it =
            |piece: &Piece| matches!(piece, Piece::Value { variable, .. } if *variable == sought);
        self.pieces.iter().any(is_it)
    }

    /// Returns the template with a text for a value, if it has the value.
    pub fn with(&self, replaced: Variable, text: &str) -> Option<Self> {
        self.names(replaced).then(|| {
            let piece = |piece: &Piece| match piece {
                Piece::Value { variable, dash } if *variable == replaced => {
                    let dash = if *dash { "-" } else { "" };
                    Piece::Text(format!("{dash}{text}"))
                }
                other => other.clone(),
            };
            let pieces: Vec<_> = self.pieces.iter().map(piece).collect();
            Self {
                text: pieces.iter().map(Piece::written).collect(),
                pieces,
            }
        })
    }

    /// Returns the template as written.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl Piece {
    fn written(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Value { variable, dash } => {
                let dash = if *dash { "-" } else { "" };
                format!("{{{dash}{variable}}}")
            }
        }
    }

    fn value(name: &str) -> Result<Self, String> {
        let (dash, name) = match name.strip_prefix('-') {
            Some(name) => (true, name),
            None => (false, name),
        };
        if let Some(variable) = Variable::from_word(name) {
            return Ok(Self::Value { variable, dash });
        }
        Err(match closest(name, Variable::words().iter().copied()) {
            Some(word) => format!("no value is called `{name}`; did you mean `{word}`?"),
            None => format!(
                "no value is called `{name}`; there are {}",
                Variable::words().join(", ")
            ),
        })
    }
}

impl FromToml for Template {
    fn from_toml(key: &str, node: &Node<'_>, reader: &mut Reader) -> Option<Self> {
        reader.parse(key, node, "template", Self::parse)
    }
}

impl JsonSchema for Template {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Template".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let names = Variable::words().join("|");
        let pattern = format!(r"^([^{{]|\{{-?({names})\}})*$");
        schemars::json_schema!({ "type": "string", "pattern": pattern })
    }
}

#[cfg(test)]
mod tests {
    use test_case::test_case;

    use super::*;

    fn expand(text: &str) -> String {
        Template::parse(text)
            .unwrap()
            .expand(|variable| match variable {
                Variable::Version => "v1.2.3".into(),
                Variable::Framework => "vllm".into(),
                _ => "".into(),
            })
    }

    #[test_case("dynamo:{version}-{framework}{-target}" => "dynamo:v1.2.3-vllm"; "an empty value takes its dash along")]
    #[test_case("a{-framework}" => "a-vllm")]
    #[test_case("plain" => "plain")]
    fn values_are_filled_in(text: &str) -> String {
        expand(text)
    }

    #[test_case("{verison}" => "no value is called `verison`; did you mean `version`?")]
    #[test_case("{version" => "a `{` is not closed")]
    #[test_case("{}" => "no value is called ``; there are version, framework, target, device, source, arch, revision, branch")]
    fn mistakes_are_named(text: &str) -> String {
        Template::parse(text).unwrap_err()
    }
}
