//! One pattern, compiled as moby's `patternmatcher` compiles it.

use std::iter::Peekable;
use std::str::Chars;

use regex::Regex;
use thiserror::Error;

use super::go_regex;
use super::rule::Rule;
use crate::docker::path;

/// A pattern that docker refuses.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum PatternError {
    /// Nothing follows the `!`.
    #[error("`{}` brings nothing back: a pattern must follow the `!`", .0.text)]
    LoneExclusion(Rule),
    /// A bracket or an escape is not complete.
    #[error("`{}` is not a valid pattern", .0.text)]
    Malformed(Rule),
}

impl PatternError {
    /// Returns the rule at fault.
    pub fn rule(&self) -> &Rule {
        match self {
            Self::LoneExclusion(rule) | Self::Malformed(rule) => rule,
        }
    }
}

/// A compiled pattern.
#[derive(Clone, Debug)]
pub struct Pattern {
    text: String,
    exclusion: bool,
    kind: Kind,
    /// Of [`Kind::Expression`] only.
    expression: Option<Regex>,
}

/// The kinds as moby detects them while it reads a pattern.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
enum Kind {
    /// The path is the pattern.
    #[default]
    Exact,
    /// `dir/**`: the path starts with what stands before the stars.
    Prefix,
    /// `**/name`: the path ends with what stands behind the stars.
    Suffix,
    Expression,
}

impl Pattern {
    /// Compiles a rule; `None` if it is empty.
    pub(super) fn new(rule: &Rule) -> Result<Option<Self>, PatternError> {
        let trimmed = rule.pattern.trim();
        if trimmed.is_empty() {
            return Ok(None);
        }
        // moby cleans before it looks for the `!`: `!a/..` becomes `.`, and brings back nothing.
        let cleaned = path::clean(trimmed);
        let (exclusion, text) = match cleaned.strip_prefix('!') {
            Some("") => return Err(PatternError::LoneExclusion(rule.clone())),
            Some(rest) => (true, rest.to_owned()),
            None => (false, cleaned),
        };
        if !has_valid_syntax(&text) {
            return Err(PatternError::Malformed(rule.clone()));
        }
        let (kind, expression) = Compiler::default()
            .compile(&text)
            .map_err(|_| PatternError::Malformed(rule.clone()))?;
        Ok(Some(Self {
            text,
            exclusion,
            kind,
            expression,
        }))
    }

    /// Returns the cleaned pattern without its `!`.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Returns whether the pattern starts with `!`, that is, brings files back.
    pub fn is_exclusion(&self) -> bool {
        self.exclusion
    }

    /// Returns the pattern without a last `/**` and then a last `/*`.
    pub fn without_trailing_glob(&self) -> &str {
        let text = self.text.strip_suffix("/**").unwrap_or(&self.text);
        text.strip_suffix("/*").unwrap_or(text)
    }

    pub(super) fn matches(&self, path: &str) -> bool {
        match &self.kind {
            Kind::Exact => path == self.text,
            Kind::Prefix => path.starts_with(&self.text[..self.text.len() - 2]),
            Kind::Suffix => {
                let suffix = &self.text[2..];
                path.ends_with(suffix) || suffix.strip_prefix('/') == Some(path)
            }
            Kind::Expression => self.expression.iter().any(|regex| regex.is_match(path)),
        }
    }
}

#[derive(Default)]
struct Compiler {
    go: String,
    kind: Kind,
}

impl Compiler {
    fn compile(mut self, pattern: &str) -> Result<(Kind, Option<Regex>), go_regex::Invalid> {
        let mut rest = pattern.chars().peekable();
        let mut first = true;
        while let Some(c) = rest.next() {
            if c == '*' && rest.next_if_eq(&'*').is_some() {
                self.double_star(&mut rest);
                if first {
                    self.kind = Kind::Suffix;
                }
            } else {
                self.character(c, &mut rest);
            }
            first = false;
        }
        let is_expression = self.kind == Kind::Expression;
        let expression = is_expression.then(|| go_regex::compile(&format!("^{}$", self.go)));
        Ok((self.kind, expression.transpose()?))
    }

    fn double_star(&mut self, rest: &mut Peekable<Chars<'_>>) {
        _ = rest.next_if_eq(&'/');
        if rest.peek().is_some() {
            self.expression("(.*/)?");
        } else if self.kind == Kind::Exact {
            self.kind = Kind::Prefix;
        } else {
            self.expression(".*");
        }
    }

    fn character(&mut self, c: char, rest: &mut Peekable<Chars<'_>>) {
        match c {
            '*' => self.expression("[^/]*"),
            '?' => self.expression("[^/]"),
            '.' | '+' | '(' | ')' | '|' | '{' | '}' | '$' => self.go.extend(['\\', c]),
            '\\' => match rest.next() {
                Some(escaped) => {
                    self.expression("\\");
                    self.go.push(escaped);
                }
                None => self.go.push('\\'),
            },
            '[' | ']' => self.expression(c.encode_utf8(&mut [0; 4])),
            c => self.go.push(c),
        }
    }

    fn expression(&mut self, go: &str) {
        self.go.push_str(go);
        self.kind = Kind::Expression;
    }
}

/// Returns whether Go's `filepath.Match` takes the pattern: classes and escapes are complete.
fn has_valid_syntax(pattern: &str) -> bool {
    let mut rest = pattern.chars().peekable();
    while let Some(c) = rest.next() {
        let valid = match c {
            '[' => skip_class(&mut rest).is_some(),
            '\\' => rest.next().is_some(),
            _ => true,
        };
        if !valid {
            return false;
        }
    }
    true
}

fn skip_class(rest: &mut Peekable<Chars<'_>>) -> Option<()> {
    _ = rest.next_if_eq(&'^');
    let mut members = 0;
    while members == 0 || rest.next_if_eq(&']').is_none() {
        skip_member(rest)?;
        if rest.next_if_eq(&'-').is_some() {
            skip_member(rest)?;
        }
        members += 1;
    }
    Some(())
}

/// Skips one end of a range; like Go, something of the class must be left behind it.
fn skip_member(rest: &mut Peekable<Chars<'_>>) -> Option<()> {
    match rest.next()? {
        '-' | ']' => return None,
        '\\' => _ = rest.next()?,
        _ => {}
    }
    rest.peek().map(|_| ())
}

#[cfg(test)]
mod tests {
    use test_case::test_case;

    use super::*;

    fn pattern(text: &str) -> Result<Option<Pattern>, PatternError> {
        Pattern::new(&Rule::unnamed(text))
    }

    #[test_case("[a" ; "an open class")]
    #[test_case("[]a]" ; "a class that starts with its end")]
    #[test_case("[a-]" ; "an open range")]
    #[test_case("a\\" ; "a trailing backslash")]
    fn malformed_patterns_are_refused(text: &str) {
        assert!(matches!(pattern(text), Err(PatternError::Malformed(_))));
    }

    #[test]
    fn a_lone_exclamation_mark_is_refused() {
        let lone = pattern("!/a/..");
        assert!(matches!(lone, Err(PatternError::LoneExclusion(_))));
        assert!(pattern("!a/..").is_ok(), "cleaned before the `!` is seen");
    }

    #[test_case("**", "a/b", true)]
    #[test_case("a/**", "a", false ; "a prefix needs its slash")]
    #[test_case("a/**", "a/b/c", true)]
    #[test_case("**/b", "b", true)]
    #[test_case("**/b", "a/b", true)]
    #[test_case("**/b", "ab", false)]
    #[test_case("a*/c", "ab/c", true)]
    #[test_case("a*", "a/b", false ; "a star stops at a slash")]
    #[test_case("a/**/c", "a/c", true ; "double stars match nothing as well")]
    fn kinds_of_patterns(text: &str, path: &str, expected: bool) {
        assert_eq!(pattern(text).unwrap().unwrap().matches(path), expected);
    }
}
