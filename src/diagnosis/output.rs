//! What a program wrote, as patterns are compared to it.

use std::ops::Range;
use std::sync::LazyLock;

use regex::{Captures, Regex};

use super::rule::Scope;

/// How many lines a sentence may have; of a longer text the first and the last line are shown.
const SENTENCE_LINES: usize = 12;

/// The last lines of a program, on their own and as one text.
pub(super) struct Output<'a> {
    lines: &'a [&'a str],
    joined: String,
    /// Where each line is in `joined`.
    spans: Vec<Range<usize>>,
}

impl<'a> Output<'a> {
    pub(super) fn new(lines: &'a [&'a str]) -> Self {
        let mut joined = String::new();
        let mut spans = Vec::new();
        for line in lines {
            let start = joined.len();
            // What uv and miette draw in front of the parts of a sentence.
            let drawn = |c: char| c.is_whitespace() || "│├╰─▶×".contains(c);
            joined += line.trim_start_matches(drawn).trim_end();
            spans.push(start..joined.len());
            joined.push(' ');
        }
        Self {
            lines,
            joined,
            spans,
        }
    }

    /// Returns the groups of what a pattern fits last, and the lines of it.
    pub(super) fn find(&self, pattern: &Regex, scope: Scope) -> Option<(Captures<'_>, String)> {
        match scope {
            Scope::Line => self.line(pattern),
            Scope::Output => self.sentence(pattern),
        }
    }

    fn line(&self, pattern: &Regex) -> Option<(Captures<'_>, String)> {
        let mut lines = self.lines.iter().rev();
        lines.find_map(|line| Some((pattern.captures(line)?, line.trim().to_owned())))
    }

    /// Returns the groups of a pattern in the whole text, and the lines that it begins and ends in.
    fn sentence(&self, pattern: &Regex) -> Option<(Captures<'_>, String)> {
        let captures = pattern.captures(&self.joined)?;
        let found = captures.get(0)?.range();
        let covered = self
            .spans
            .iter()
            .filter(|span| span.start < found.end && span.end > found.start);
        let covered: Vec<_> = covered.map(|span| &self.joined[span.clone()]).collect();
        let evidence = match &covered[..] {
            [first, .., last] if covered.len() > SENTENCE_LINES => format!("{first} … {last}"),
            _ => covered.join(" "),
        };
        Some((captures, evidence))
    }

    /// Returns the lines behind the last one that a pattern fits.
    pub(super) fn behind(&self, pattern: &Regex) -> &'a [&'a str] {
        let last = self.lines.iter().rposition(|line| pattern.is_match(line));
        last.map_or(&[], |last| &self.lines[last + 1..])
    }

    /// Returns the server that was named last, in the end by the command.
    pub(super) fn server(&self, command: &'a str) -> Option<&'a str> {
        static URL: LazyLock<Regex> = LazyLock::new(|| {
            Regex::new(r#"https?://(?:[^/@\s"']*@)?([0-9A-Za-z_.-]+(?::[0-9]+)?)"#)
                .unwrap_or_else(|error| unreachable!("{error}"))
        });
        let texts = self.lines.iter().rev().copied().chain([command]);
        let mut found = texts.filter_map(|text| URL.captures_iter(text).last());
        found.next()?.get(1).map(|host| host.as_str())
    }
}

/// Returns the groups of a pattern in what an engine said, and the lines of it that it fits.
pub(super) fn find_in_error<'a>(error: &'a str, pattern: &Regex) -> Option<(Captures<'a>, String)> {
    let captures = pattern.captures(error)?;
    let found = captures.get(0)?;
    let start = error[..found.start()].rfind('\n').map_or(0, |end| end + 1);
    let end = error[found.end()..].find('\n');
    let end = end.map_or(error.len(), |length| found.end() + length);
    Some((captures, error[start..end].trim().to_owned()))
}
