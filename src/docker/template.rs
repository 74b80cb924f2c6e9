//! The part of Go's templates that people give to docker's `--format`: fields and functions.
//!
//! `{{.Names}}`, `{{json .}}`, `{{.Label "key"}}`, `{{upper .State}}` and `{{.Image | upper}}`, with
//! text, `\t` and `\n` in between. Conditions, loops and variables are refused.

use std::str::FromStr;

use serde_json::{Map, Value};

use super::hinted::Hinted;
use crate::suggest::closest;

/// A template, read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template(Vec<Part>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Text(String),
    Action(Action),
}

/// A value, and what is done to it, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Action {
    value: Operand,
    functions: Vec<Function>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Operand {
    /// `.`
    All,
    /// `.Name`
    Field(String),
    /// `.Label "key"`
    Label(String),
    /// `"text"`
    Text(String),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Function {
    Json,
    Upper,
    Lower,
    Title,
    Println,
    Truncate(usize),
}

/// Why a template cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    /// `{{` without `}}`.
    #[error("`{0}` is not closed by `}}}}`")]
    Open(String),
    /// Something in braces that is not known.
    #[error("`{{{{{0}}}}}` cannot be used")]
    Unknown(String),
    /// No such field.
    #[error("`{{{{.{name}}}}}` is not a field")]
    Field {
        /// What was asked for.
        name: String,
        /// The fields.
        fields: Vec<String>,
    },
}

impl Hinted for TemplateError {
    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Open(_) => "Close it, for example `{{.Names}}`".to_owned(),
            Self::Unknown(_) => "Use fields such as `{{.Names}}`, `{{json .}}`, \
                 `{{.Label \"key\"}}`, and the functions `json`, `upper`, `lower`, `title`, \
                 `println` and `truncate`"
                .to_owned(),
            Self::Field { name, fields } => {
                match closest(name, fields.iter().map(String::as_str)) {
                    Some(similar) => format!("Did you mean `{{{{.{similar}}}}}`?"),
                    None => format!("The fields are {}", fields.join(", ")),
                }
            }
        })
    }
}

impl FromStr for Template {
    type Err = TemplateError;

    fn from_str(text: &str) -> Result<Self, TemplateError> {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some((before, opened)) = rest.split_once("{{") {
            let (inside, after) = opened
                .split_once("}}")
                .ok_or_else(|| TemplateError::Open(format!("{{{{{opened}")))?;
            parts.push(Part::Text(unescaped(before)));
            let action = Action::read(inside)
                .ok_or_else(|| TemplateError::Unknown(inside.trim().to_owned()))?;
            parts.push(Part::Action(action));
            rest = after;
        }
        parts.push(Part::Text(unescaped(rest)));
        parts.retain(|part| *part != Part::Text(String::new()));
        Ok(Self(parts))
    }
}

/// Reads `\t` and `\n`, which a shell's quotes leave as they are.
fn unescaped(text: &str) -> String {
    text.replace("\\t", "\t").replace("\\n", "\n")
}

impl Template {
    /// Checks that only fields of `row` are used.
    ///
    /// # Errors
    /// Names the first that is none.
    pub fn check(&self, row: &Map<String, Value>) -> Result<(), TemplateError> {
        match self.fields().find(|name| !row.contains_key(*name)) {
            None => Ok(()),
            Some(name) => Err(TemplateError::Field {
                name: name.to_owned(),
                fields: row.keys().cloned().collect(),
            }),
        }
    }

    /// Returns the fields that are used, in order: the head of a table.
    pub fn fields(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|part| match part {
            Part::Action(Action {
                value: Operand::Field(name),
                ..
            }) => Some(name.as_str()),
            Part::Text(_) | Part::Action(_) => None,
        })
    }

    /// Fills the template.
    pub fn fill(&self, row: &Map<String, Value>) -> String {
        self.0
            .iter()
            .map(|part| match part {
                Part::Text(text) => text.clone(),
                Part::Action(action) => action.fill(row),
            })
            .collect()
    }
}

impl Action {
    fn read(inside: &str) -> Option<Self> {
        let inside = inside
            .trim()
            .trim_start_matches("- ")
            .trim_end_matches(" -");
        let mut stages = inside.split('|').map(|stage| words(stage.trim()));
        let first = stages.next()??;
        let (mut functions, operand) = match first.split_first()? {
            (word, rest) if !rest.is_empty() && !word.starts_with('.') => (
                vec![Function::read(&first[..first.len() - 1])?],
                &first[first.len() - 1..],
            ),
            _ => (Vec::new(), &first[..]),
        };
        for stage in stages {
            functions.push(Function::read(&stage?)?);
        }
        Some(Self {
            value: Operand::read(operand)?,
            functions,
        })
    }

    fn fill(&self, row: &Map<String, Value>) -> String {
        let value = match &self.value {
            Operand::All => Value::Object(row.clone()),
            Operand::Field(name) => row.get(name).cloned().unwrap_or_default(),
            Operand::Label(key) => Value::String(label(row, key).to_owned()),
            Operand::Text(text) => Value::String(text.clone()),
        };
        let value = self
            .functions
            .iter()
            .fold(value, |value, f| f.apply(&value));
        shown(&value)
    }
}

impl Operand {
    fn read(words: &[String]) -> Option<Self> {
        match words {
            [word] if word == "." => Some(Self::All),
            [word] if word.starts_with('"') => Some(Self::Text(unquoted(word)?)),
            [word] => {
                let name = word.strip_prefix('.')?;
                let is_name = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric());
                is_name.then(|| Self::Field(name.to_owned()))
            }
            [word, key] if word == ".Label" => Some(Self::Label(unquoted(key)?)),
            _ => None,
        }
    }
}

impl Function {
    fn read(words: &[String]) -> Option<Self> {
        match words {
            [name] => match name.as_str() {
                "json" => Some(Self::Json),
                "upper" => Some(Self::Upper),
                "lower" => Some(Self::Lower),
                "title" => Some(Self::Title),
                "println" => Some(Self::Println),
                _ => None,
            },
            [name, length] if name == "truncate" => Some(Self::Truncate(length.parse().ok()?)),
            _ => None,
        }
    }

    fn apply(self, value: &Value) -> Value {
        let text = shown(value);
        Value::String(match self {
            Self::Json => value.to_string(),
            Self::Upper => text.to_uppercase(),
            Self::Lower => text.to_lowercase(),
            Self::Title => crate::problem::capitalized(&text),
            Self::Println => text + "\n",
            Self::Truncate(length) => text.chars().take(length).collect(),
        })
    }
}

fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// Docker's `Labels` are one text: `a=1,b=2`.
fn label<'a>(row: &'a Map<String, Value>, key: &str) -> &'a str {
    let labels = row
        .get("Labels")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let mut labels = labels.split(',').filter_map(|label| label.split_once('='));
    labels
        .find_map(|(name, value)| (name == key).then_some(value))
        .unwrap_or_default()
}

/// Splits at spaces outside of quotes.
fn words(text: &str) -> Option<Vec<String>> {
    let mut words = vec![String::new()];
    let mut quoted = false;
    for character in text.chars() {
        match character {
            '"' => quoted = !quoted,
            ' ' if !quoted => {
                words.push(String::new());
                continue;
            }
            _ => {}
        }
        words.last_mut()?.push(character);
    }
    words.retain(|word| !word.is_empty());
    (!quoted).then_some(words)
}

fn unquoted(word: &str) -> Option<String> {
    let inside = word.strip_prefix('"')?.strip_suffix('"')?;
    Some(inside.to_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use test_case::test_case;

    use super::*;

    fn row() -> Map<String, Value> {
        let row = json!({"Names": "front", "State": "running", "Labels": "a=1,b=x=y"});
        row.as_object().cloned().unwrap_or_default()
    }

    #[test_case("{{.Names}}", "front")]
    #[test_case("{{ .Names }}", "front"; "spaces")]
    #[test_case("{{.Names}}\\t{{.State}}", "front\trunning"; "an escaped tab")]
    #[test_case("a {{.Names}} b", "a front b"; "text around it")]
    #[test_case("{{json .Names}}", "\"front\"")]
    #[test_case(
        "{{json .}}",
        r#"{"Names":"front","State":"running","Labels":"a=1,b=x=y"}"#
    )]
    #[test_case("{{.Label \"b\"}}", "x=y")]
    #[test_case("{{.Label \"none\"}}", ""; "a label that is not there")]
    #[test_case("{{upper .State}}", "RUNNING")]
    #[test_case("{{.State | upper | json}}", "\"RUNNING\""; "a pipe")]
    #[test_case("{{truncate 3 .Names}}", "fro")]
    #[test_case("{{title .State}}", "Running")]
    #[test_case("{{println .Names}}", "front\n")]
    #[test_case("{{\"x\"}}", "x"; "a text")]
    #[test_case("plain", "plain"; "no field")]
    fn templates_are_filled(template: &str, expected: &str) {
        let template: Template = template.parse().unwrap();
        template.check(&row()).unwrap();
        assert_eq!(template.fill(&row()), expected);
    }

    #[test_case("{{.Names", "`{{.Names` is not closed by `}}`"; "open")]
    #[test_case("{{if .Names}}x{{end}}", "`{{if .Names}}` cannot be used"; "a condition")]
    #[test_case("{{range .}}", "`{{range .}}` cannot be used"; "a loop")]
    #[test_case("{{$x := 1}}", "`{{$x := 1}}` cannot be used"; "a variable")]
    #[test_case("{{}}", "`{{}}` cannot be used"; "nothing")]
    #[test_case("{{.Label \"x}}", "`{{.Label \"x}}` cannot be used"; "an open quote")]
    #[test_case("{{Names}}", "`{{Names}}` cannot be used"; "no dot")]
    #[test_case("{{.Name}}", "`{{.Name}}` is not a field"; "no such field")]
    fn what_cannot_be_used_is_refused(template: &str, expected: &str) {
        let read = template.parse::<Template>().and_then(|t| t.check(&row()));
        let error = read.unwrap_err();
        assert_eq!(error.to_string(), expected);
        assert!(error.hint().is_some());
    }
}
