//! What people are told when something is wrong.
//!
//! Library errors are `thiserror` enums next to the code that fails. Those that reach people turn
//! into a [`Problem`]: what failed, why, where, and what fixes it, free of colour and layout.
//! `ui` draws problems; nothing else does.

use std::error::Error;
use std::fmt;
use std::ops::{Range, RangeInclusive};
use std::sync::Arc;

/// A named text and the place in it that a problem is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Excerpt {
    /// The file as the user would name it, for example `profiles/vllm.toml`.
    pub name: String,
    /// The whole text of the file, so that the line can be shown.
    pub text: Arc<str>,
    /// The bytes of `text` that the problem is about.
    pub span: Range<usize>,
    /// A few words to put at the caret; may be empty.
    pub label: String,
}

impl Excerpt {
    /// Returns the 1-based line and column (in characters) where the span starts.
    pub fn line_column(&self) -> (usize, usize) {
        let start = self.span.start.min(self.text.len());
        let before = self.text.get(..start).unwrap_or(&self.text);
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or("").chars().count() + 1;
        (line, column)
    }

    /// Returns the 1-based lines that the span is on.
    pub fn lines(&self) -> RangeInclusive<usize> {
        let (first, _) = self.line_column();
        let inside = self.text.get(self.span.clone()).unwrap_or_default();
        let ends = inside.trim_end_matches('\n').matches('\n').count();
        first..=first + ends
    }
}

/// What kind of thing is wrong. Which code a program ends with for it is its own affair.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ProblemKind {
    /// What was asked for: the command line, a profile, a Dockerfile fragment, another input.
    Usage,
    /// A build step, or the export of its result.
    Step,
    /// The engine cannot be reached, or cannot do what is needed.
    Engine,
    /// A registry refused, lacks what was asked for, or cannot be reached.
    Registry,
    /// A container's program does not exist.
    ProgramMissing,
    /// A container's program cannot be run.
    ProgramRefused,
    /// Nothing: the user, or another failure, ended it before its time.
    Cancelled,
    /// Nothing: a signal of this number other than SIGINT ended it.
    Signal(u8),
}

/// One thing that is wrong, ready to be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// What kind of thing is wrong.
    pub kind: ProblemKind,
    /// What failed, in one line without a trailing period.
    pub message: String,
    /// Why, outermost first.
    pub causes: Vec<String>,
    /// Where, most important first.
    pub excerpts: Vec<Excerpt>,
    /// What the reader can do, best a command to paste.
    pub hints: Vec<String>,
    /// The last lines that a failed step wrote. Whoever watched has seen them; others read them in
    /// the annotation.
    pub log: Box<[String]>,
}

impl Problem {
    /// Creates a problem that only has a message.
    pub fn new(kind: ProblemKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            causes: Vec::new(),
            excerpts: Vec::new(),
            hints: Vec::new(),
            log: Box::default(),
        }
    }

    /// Creates a problem with what was asked for.
    pub fn usage(message: impl Into<String>) -> Self {
        Self::new(ProblemKind::Usage, message)
    }

    /// Creates a problem from an error, whose sources become the causes.
    pub fn from_error(kind: ProblemKind, error: &dyn Error) -> Self {
        let mut problem = Self::new(kind, error.to_string());
        let mut source = error.source();
        while let Some(cause) = source {
            problem.causes.push(cause.to_string());
            source = cause.source();
        }
        problem
    }

    /// Adds a hint.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// Adds an excerpt.
    #[must_use]
    pub fn excerpt(mut self, excerpt: Excerpt) -> Self {
        self.excerpts.push(excerpt);
        self
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

/// Grammars speak in the middle of a sentence; a problem begins one.
pub(crate) fn capitalized(text: &str) -> String {
    let mut chars = text.chars();
    let first = chars.next().map(char::to_uppercase);
    first.into_iter().flatten().chain(chars).collect()
}

/// The reverse, for a sentence within another; what is all capitals stays.
pub(crate) fn uncapitalized(text: &str) -> String {
    let mut chars = text.chars();
    let (first, second) = (chars.next(), chars.clone().next());
    match first {
        Some(first) if second.is_some_and(char::is_lowercase) => {
            first.to_lowercase().chain(chars).collect()
        }
        _ => text.to_owned(),
    }
}

/// Problems found together; as an error there is at least one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Problems(pub Vec<Problem>);

impl Problems {
    /// Adds those that are not among them yet.
    pub fn extend_new(&mut self, problems: impl IntoIterator<Item = Problem>) {
        for problem in problems {
            if !self.0.contains(&problem) {
                self.0.push(problem);
            }
        }
    }

    /// Returns the value if there is no problem.
    pub fn or<T>(self, value: T) -> Result<T, Self> {
        if self.0.is_empty() {
            Ok(value)
        } else {
            Err(self)
        }
    }
}

impl<P: Into<Problem>> From<P> for Problems {
    fn from(problem: P) -> Self {
        Self(vec![problem.into()])
    }
}

impl<P: Into<Problem>> FromIterator<P> for Problems {
    fn from_iter<I: IntoIterator<Item = P>>(problems: I) -> Self {
        Self(problems.into_iter().map(Into::into).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_and_column_count_characters() {
        let excerpt = Excerpt {
            name: "x.toml".into(),
            text: "a = 1\n\u{e9} = 2\n".into(),
            span: 9..10,
            label: String::new(),
        };
        assert_eq!((excerpt.line_column(), excerpt.lines()), ((2, 3), 2..=2));
        let both = Excerpt {
            span: 0..13,
            ..excerpt
        };
        assert_eq!(both.lines(), 1..=2);
    }
}
