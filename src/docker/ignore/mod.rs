//! `.dockerignore`: its file format and its patterns.
//!
//! The rules are moby's, quirks included, because the engine, docker and we must agree on what is
//! in a build context: `ignorefile` reads the file ([`parse`]), `patternmatcher` decides
//! ([`Matcher`]). They differ from `.gitignore`: patterns start at the root of the context, the
//! last one that matches wins, and `!` brings back files of an ignored directory.
//!
//! A [`Rule`] remembers the line that it came from, so that people can be told what dropped a file.

mod file;
mod go_regex;
mod matcher;
mod pattern;

pub use file::{IgnoreFile, parse};
pub use matcher::{Decision, Matcher, ParentMatches};
pub use pattern::{Pattern, PatternError};

/// One pattern and, if it was read from a file, the place that it came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// The pattern, ready for [`Matcher::new`].
    pub pattern: String,
    /// The line as it is written, without surrounding white space.
    pub text: String,
    /// The 1-based line, or 0 if the rule was not read from a file.
    pub line: usize,
}

impl Rule {
    /// Creates a rule that comes from no file.
    pub fn unnamed(pattern: impl Into<String>) -> Self {
        let pattern = pattern.into();
        Self {
            text: pattern.clone(),
            pattern,
            line: 0,
        }
    }
}
