//! Parser directives: the comments at the top that say how to read the rest.
//!
//! BuildKit reads them twice, and not alike. The frontend to use and the checks to skip are looked
//! for below a `#!` line, in lines that begin with `#`. The escape character is looked for by the
//! parser itself, which takes blanks before the `#`, and for which a `#!` line ends the directives.

use std::sync::LazyLock;

use regex::Regex;

use super::error::{Mistake, SyntaxError};
use super::span::Spanned;
use crate::text::{Words as _, words};

static DIRECTIVE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^#\s*([a-zA-Z][a-zA-Z0-9]*)\s*=\s*(.+?)\s*$").expect("a valid expression")
});

/// What the directives of a Dockerfile say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Directives {
    /// The frontend that reads the file: `# syntax=docker/dockerfile:1`.
    pub syntax: Option<Spanned<String>>,
    /// Options of BuildKit's checks: `# check=skip=all`.
    pub check: Option<Spanned<String>>,
    /// The escape character that the file names.
    pub escape: Option<Spanned<char>>,
}

impl Directives {
    /// Reads the directives of a text without byte order mark; `start` is where the text begins.
    pub(super) fn read(text: &str, start: usize) -> Result<Self, SyntaxError> {
        let mut directives = Self::default();
        directives.read_for_frontend(text, start);
        directives.read_escape(text, start)?;
        Ok(directives)
    }

    fn read_for_frontend(&mut self, text: &str, start: usize) {
        let shebang = match text.split_once('\n') {
            Some((line, _)) if line.starts_with("#!") => line.len() + 1,
            _ => 0,
        };
        let mut seen = Vec::new();
        for line in lines(&text[shebang..], start + shebang) {
            let Some((name, value)) = directive(&line) else {
                return;
            };
            if seen.contains(&name) {
                return;
            }
            seen.push(name);
            match name {
                Name::Syntax => self.syntax = Some(value),
                Name::Check => self.check = Some(value),
                Name::Escape => {}
            }
        }
    }

    fn read_escape(&mut self, text: &str, start: usize) -> Result<(), SyntaxError> {
        let mut seen = Vec::new();
        for line in lines(text, start) {
            let indented = line.value.len() - line.value.trim_start().len();
            let line = Spanned::new(
                line.value.trim_start(),
                line.span.start + indented..line.span.end,
            );
            let Some((name, value)) = directive(&line) else {
                return Ok(());
            };
            let error = |mistake| SyntaxError {
                mistake,
                span: value.span.clone(),
            };
            if seen.contains(&name) {
                return Err(error(Mistake::RepeatedDirective(name.as_str())));
            }
            seen.push(name);
            if name == Name::Escape {
                let escape = match value.value.as_str() {
                    "\\" => '\\',
                    "`" => '`',
                    other => return Err(error(Mistake::Escape(other.to_owned()))),
                };
                self.escape = Some(Spanned::new(escape, value.span));
            }
        }
        Ok(())
    }

    /// Returns the character that escapes others and continues lines.
    pub(super) fn escape_character(&self) -> char {
        self.escape.as_ref().map_or('\\', |escape| escape.value)
    }
}

words! {
    enum Name {
        Syntax = "syntax",
        Check = "check",
        Escape = "escape",
    }
}

fn lines(text: &str, start: usize) -> impl Iterator<Item = Spanned<&str>> {
    let mut next = start;
    text.split_inclusive('\n').map(move |line| {
        let start = next;
        next += line.len();
        let line = line.trim_end_matches(['\r', '\n']);
        Spanned::new(line, start..start + line.len())
    })
}

/// Returns the directive in a line, its value with the place of the whole line.
fn directive(line: &Spanned<&str>) -> Option<(Name, Spanned<String>)> {
    let found = DIRECTIVE.captures(line.value)?;
    let name = Name::from_word(&found[1].to_lowercase())?;
    Some((name, Spanned::new(found[2].to_owned(), line.span.clone())))
}

#[cfg(test)]
mod tests {
    use test_case::test_case;

    use super::*;

    fn read(text: &str) -> (Option<String>, Option<String>, char) {
        let directives = Directives::read(text, 0).unwrap();
        let escape = directives.escape_character();
        let value = |directive: Option<Spanned<String>>| directive.map(|found| found.value);
        (value(directives.syntax), value(directives.check), escape)
    }

    #[test_case("# syntax=a/b:1\n# check=skip=all\nFROM a\n", Some("a/b:1"), Some("skip=all"), '\\'; "both")]
    #[test_case("#SYNTAX = a/b:1 \r\n#escape=`\r\nFROM a\n", Some("a/b:1"), None, '`'; "blanks and case")]
    #[test_case("#!/usr/bin/env x\n# syntax=a\n# escape=`\nFROM a\n", Some("a"), None, '\\'; "below a program's line")]
    #[test_case("# about\n# syntax=a\n# escape=`\nFROM a\n", None, None, '\\'; "below a comment")]
    #[test_case("\n# syntax=a\nFROM a\n", None, None, '\\'; "below a blank line")]
    #[test_case("# other=1\n# syntax=a\n", None, None, '\\'; "below a comment that looks like one")]
    #[test_case("  # escape=`\n  # syntax=a\n", None, None, '`'; "only the escape may be indented")]
    fn directives(text: &str, syntax: Option<&str>, check: Option<&str>, escape: char) {
        let expected = (syntax.map(str::to_owned), check.map(str::to_owned), escape);
        assert_eq!(read(text), expected);
    }

    #[test]
    fn mistakes_are_at_their_line() {
        let error = Directives::read("# escape=`\n# escape=`\n", 0).unwrap_err();
        assert_eq!(error.mistake, Mistake::RepeatedDirective("escape"));
        assert_eq!(error.span, 11..21);
        let error = Directives::read("# escape=x\n", 3).unwrap_err();
        assert_eq!(error.mistake, Mistake::Escape("x".into()));
        assert_eq!(error.span, 3..13);
    }
}
