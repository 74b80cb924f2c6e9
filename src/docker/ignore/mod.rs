//! `.dockerignore`: its file format and its patterns.
//!
//! The rules are moby's, quirks included, because the engine, docker and we must agree on what is
//! in a build context: `ignorefile` reads the file ([`parse`](file::parse)), `patternmatcher` decides
//! ([`Matcher`]). They differ from `.gitignore`: patterns start at the root of the context, the
//! last one that matches wins, and `!` brings back files of an ignored directory.
//!
//! A [`Rule`] remembers the line that it came from, so that people can be told what dropped a file.

mod file;
mod go_regex;
mod matcher;
mod pattern;
mod rule;

pub use file::IgnoreFile;
pub use matcher::{Decision, Matcher, ParentMatches};
pub use pattern::{Pattern, PatternError};
pub use rule::Rule;
