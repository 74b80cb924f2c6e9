//! What was read: parts, and what holds for all of them.

use super::note::Notes;
use super::part::{InputVariable, Part};
use super::yaml::Node;
use crate::deploy::export::ExportFormat;
use crate::problem::{Problem, ProblemKind};
use crate::redact::is_secret;
use crate::toml_file::Located;

/// The format of the input.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Format {
    #[default]
    Compose,
    Dgd,
}

impl Format {
    /// Returns the format of an export that is compared with it.
    pub(super) const fn export(self) -> ExportFormat {
        match self {
            Self::Compose => ExportFormat::Compose,
            Self::Dgd => ExportFormat::Dgd,
        }
    }
}

/// Everything that the input says.
#[derive(Debug, Default)]
pub(super) struct Input {
    pub(super) format: Format,
    pub(super) name: Option<Located<String>>,
    /// The path of the first file, as it was typed.
    pub(super) file: String,
    pub(super) parts: Vec<Part>,
    /// Names and sources, as `[secrets]` has them.
    pub(super) secrets: Vec<(String, String)>,
    /// The network, if it is not one that is made for it.
    pub(super) network: Option<String>,
    /// How long a member may take to stop.
    pub(super) grace: Option<Located<String>>,
    /// How long members may take to start.
    pub(super) starts: Vec<(String, Located<String>)>,
    /// Keys of `[export.dgd]`, with their tables.
    pub(super) dgd: Vec<(&'static str, String, String)>,
    pub(super) framework: Option<Located<String>>,
    /// The version of Dynamo, if it is said apart from the image.
    pub(super) version: Option<String>,
    pub(super) notes: Notes,
    pub(super) problems: Vec<Problem>,
}

impl Input {
    /// Reports a value of another kind.
    pub(super) fn mistake(&mut self, node: &Node, key: &str, expected: &str) {
        let message = format!("`{key}` is {}, but must be {expected}", node.kind());
        let problem = Problem::new(ProblemKind::Usage, message);
        self.problems
            .push(problem.excerpt(node.at.excerpt(format!("expected {expected}"))));
    }

    pub(super) fn set_network_mode(&mut self, node: &Node) {
        match node.text() {
            Some("host") => self.network = Some("host".to_owned()),
            _ => self.notes.lost(&node.at, "`network_mode`"),
        }
    }

    /// Returns a text of Compose with its variables resolved as far as the file says.
    pub(super) fn resolved(&mut self, node: &Node) -> Option<Located<String>> {
        let written = node.located()?;
        let (value, unknown) = interpolate(&written.value);
        for name in unknown.iter().filter(|name| *name != "HOME") {
            let said = format!("the value of `${{{name}}}` is not known here");
            self.notes.add(&node.at, said);
        }
        Some(written.map(|_| value))
    }

    /// Takes a variable of the environment; secrets are never written.
    pub(super) fn variable(
        &mut self,
        name: Located<String>,
        value: Option<String>,
    ) -> Option<InputVariable> {
        let source = source(&name.value, value.as_deref());
        let (value, unknown) = match value {
            Some(value) => interpolate(&value),
            None => (String::new(), vec![name.value.clone()]),
        };
        // A secret that is not set is one as well.
        let is_reference = value.is_empty() || value.starts_with('$');
        let shown = if is_reference { "x" } else { &value };
        if is_secret(&name.value, shown) {
            self.secret_from(&name, source);
            return None;
        }
        if !unknown.is_empty() {
            let said = format!(
                "`{}` comes from the environment of whoever starts it, and is not taken over",
                name.value
            );
            self.notes.add(&name.at, said);
            return None;
        }
        Some(InputVariable::new(name, value))
    }

    pub(super) fn secret(&mut self, name: &Located<String>) {
        self.secret_from(name, format!("env:{}", name.value));
    }

    /// Hugging Face reads its token from a file as well; others are left to the reader.
    fn secret_from(&mut self, name: &Located<String>, source: String) {
        if name.value == "HF_TOKEN" {
            if !self.secrets.iter().any(|(known, _)| known == "HF_TOKEN") {
                self.secrets.push((name.value.clone(), source));
            }
        } else {
            let said = format!(
                "`{0}` is a secret and not taken over: `[secrets]` takes `{0} = \"{source}\"`, whose value members find as a file",
                name.value
            );
            self.notes.add(&name.at, said);
        }
    }
}

/// Returns where the value of a secret comes from, as `[secrets]` has it: a variable that Compose lets
/// be missing may be missing here.
fn source(name: &str, value: Option<&str>) -> String {
    let Some(value) = value else {
        return format!("env?:{name}");
    };
    let braced = |rest: &str| rest.strip_prefix('{')?.strip_suffix('}').map(str::to_owned);
    let inside = value.strip_prefix('$');
    let inside = inside.map(|rest| braced(rest).unwrap_or_else(|| rest.to_owned()));
    let inside = inside.unwrap_or_default();
    let end = inside.find(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    match inside.split_at(end.unwrap_or(inside.len())) {
        ("", _) => format!("env:{name}"),
        (variable, ":-" | "-") => format!("env?:{variable}"),
        (variable, "") => format!("env:{variable}"),
        (variable, required) if required.starts_with([':', '?']) && required.contains('?') => {
            format!("env:{variable}")
        }
        _ => format!("env:{name}"),
    }
}

/// Replaces `$$`, `${NAME:-default}` and the like; names without a value stay and are returned.
pub(super) fn interpolate(text: &str) -> (String, Vec<String>) {
    let (mut out, mut unknown) = (String::new(), Vec::new());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('$') {
        out.push_str(before);
        if let Some(after) = after.strip_prefix('$') {
            out.push('$');
            rest = after;
            continue;
        }
        let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let braced = after
            .strip_prefix('{')
            .and_then(|after| after.split_once('}'));
        let (inside, next) = match braced {
            Some(braced) => braced,
            None => after.split_at(after.find(|c| !is_name(c)).unwrap_or(after.len())),
        };
        let end = inside.find(|c| !is_name(c)).unwrap_or(inside.len());
        let (name, operator) = inside.split_at(end);
        let default = operator.strip_prefix(":-").or(operator.strip_prefix('-'));
        if let Some(default) = default {
            out.push_str(default);
        } else {
            let start = text.len() - rest.len() + before.len();
            out.push_str(&text[start..text.len() - next.len()]);
            unknown.extend((!name.is_empty()).then(|| name.to_owned()));
        }
        rest = next;
    }
    out.push_str(rest);
    (out, unknown)
}

#[cfg(test)]
mod tests {
    use test_case::test_case;

    use super::*;

    #[test_case(None => "env?:T"; "passed on")]
    #[test_case(Some("${X:-}") => "env?:X"; "empty without one")]
    #[test_case(Some("${X-}") => "env?:X"; "empty if not set")]
    #[test_case(Some("${X}") => "env:X"; "in brackets")]
    #[test_case(Some("$X") => "env:X"; "bare")]
    #[test_case(Some("${X:?set it}") => "env:X"; "required")]
    #[test_case(Some("hf_abc") => "env:T"; "a value")]
    #[test_case(Some("${X:-hf_abc}") => "env:T"; "a default")]
    #[test_case(Some("$$X") => "env:T"; "a sign")]
    fn secrets_come_from(value: Option<&str>) -> String {
        source("T", value)
    }

    #[test_case("a$$b" => "a$b []"; "two signs")]
    #[test_case("${A:-x} ${B-y}" => "x y []"; "defaults")]
    #[test_case("${HOME}/a $B" => "${HOME}/a $B [HOME, B]"; "names")]
    #[test_case("${A:?}" => "${A:?} [A]"; "a name that must be set")]
    #[test_case("${A:-}" => " []"; "an empty default")]
    #[test_case("100$" => "100$ []"; "a sign alone")]
    fn variables_of_compose_are_resolved(text: &str) -> String {
        let (text, unknown) = interpolate(text);
        format!("{text} [{}]", unknown.join(", "))
    }
}
