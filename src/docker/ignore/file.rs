//! The format of an ignore file, as moby's `ignorefile` reads it.

use super::Rule;
use crate::docker::path;

/// The rules of one ignore file and its name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IgnoreFile {
    /// The file as the user would name it, for example `.dockerignore`; empty if there is none.
    pub name: String,
    /// The rules in the order of the file.
    pub rules: Vec<Rule>,
}

impl IgnoreFile {
    /// Reads the text of an ignore file.
    pub fn new(name: impl Into<String>, text: &str) -> Self {
        Self {
            name: name.into(),
            rules: parse(text),
        }
    }
}

/// Returns the rules of an ignore file.
///
/// A byte order mark and lines that start with `#` are left out; leading slashes mean nothing.
/// Indented `#` is a pattern, as it is for docker.
pub fn parse(text: &str) -> Vec<Rule> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    text.split('\n')
        .enumerate()
        .filter(|(_, line)| !line.starts_with('#'))
        .map(|(index, line)| (index + 1, line.trim()))
        .filter(|(_, line)| !line.is_empty())
        .map(|(line, text)| Rule {
            pattern: normalize(text),
            text: text.to_owned(),
            line,
        })
        .collect()
}

fn normalize(text: &str) -> String {
    match text.strip_prefix('!') {
        Some(rest) => format!("!{}", from_context_root(rest.trim())),
        None => from_context_root(text),
    }
}

/// Cleans a pattern and takes one leading slash off, because `/a` and `a` are the same rule.
fn from_context_root(pattern: &str) -> String {
    if pattern.is_empty() {
        return String::new();
    }
    let cleaned = path::clean(pattern);
    match cleaned.strip_prefix('/') {
        Some(rest) if !rest.is_empty() => rest.to_owned(),
        _ => cleaned,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_become_rules_as_docker_reads_them() {
        let text = "\u{feff}# comment\n\n/target/  \r\n  # not a comment\n! /keep//me\n!\n/\n";
        let found: Vec<(usize, String, String)> = parse(text)
            .into_iter()
            .map(|rule| (rule.line, rule.text, rule.pattern))
            .collect();
        let expected = [
            (3, "/target/", "target"),
            (4, "# not a comment", "# not a comment"),
            (5, "! /keep//me", "!keep/me"),
            (6, "!", "!"),
            (7, "/", "/"),
        ];
        assert_eq!(
            found,
            expected.map(|(line, text, pattern)| (line, text.to_owned(), pattern.to_owned()))
        );
    }
}
