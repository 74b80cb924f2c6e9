//! One row of the table, and how it is compared to what a step wrote.

use std::ops::Range;

use regex::{Captures, Regex};

/// How many lines a sentence may have; of a longer text the first and the last line are shown.
const SENTENCE_LINES: usize = 12;

/// What gives a reason away. Groups of a pattern fill `$name` in the other texts, where brackets
/// enclose what depends on a group.
#[derive(Debug)]
pub(super) struct Rule {
    /// A short name, the same in every version.
    pub(super) class: &'static str,
    /// Regular expressions, of which one fits. `STATUS` in them stands for [`status`](Self::status).
    pub(super) patterns: &'static [&'static str],
    /// The HTTP statuses that the rule is about, as a regular expression.
    pub(super) status: &'static str,
    /// What the patterns are compared to.
    pub(super) scope: Scope,
    pub(super) cause: &'static str,
    pub(super) fix: &'static str,
    /// Whether a login that the step did not have could be all that it lacks.
    pub(super) wants_login: bool,
    /// Whether programs say it in passing and go on: it is the reason only at the end of the output,
    /// and if nothing known follows.
    pub(super) is_said_in_passing: bool,
}

/// What a pattern is compared to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scope {
    /// One line, the last one first.
    Line,
    /// All lines as one, for programs that break their sentences.
    Output,
}

impl Rule {
    pub(super) const fn new(
        class: &'static str,
        patterns: &'static [&'static str],
        cause: &'static str,
        fix: &'static str,
    ) -> Self {
        Self {
            class,
            patterns,
            status: "",
            scope: Scope::Line,
            cause,
            fix,
            wants_login: false,
            is_said_in_passing: false,
        }
    }

    pub(super) const fn said_in_passing(self) -> Self {
        Self {
            is_said_in_passing: true,
            ..self
        }
    }

    pub(super) const fn across_lines(self) -> Self {
        Self {
            scope: Scope::Output,
            ..self
        }
    }

    pub(super) const fn with_status(self, status: &'static str) -> Self {
        Self { status, ..self }
    }

    pub(super) const fn wants_login(self) -> Self {
        Self {
            wants_login: true,
            ..self
        }
    }

    /// Returns the compiled patterns.
    pub(super) fn compiled(&self) -> Vec<Regex> {
        let texts = self.patterns.iter();
        let texts = texts.map(|pattern| pattern.replace("STATUS", self.status));
        texts
            .map(|text| Regex::new(&text).unwrap_or_else(|error| unreachable!("{error}")))
            .collect()
    }
}

/// Fills in a text of a rule; `server` stands for the host where no pattern found it. Of a part in
/// brackets nothing is left if one of its groups found nothing.
pub(super) fn filled(template: &str, captures: &Captures<'_>, server: Option<&str>) -> String {
    let template = match (captures.name("host"), server) {
        (Some(_), _) => template.to_owned(),
        (None, Some(server)) => template.replace("$host", &server.replace('$', "$$")),
        (None, None) => template.replace("`$host`", "a server"),
    };
    let mut filled = String::new();
    for (index, part) in template.split(['[', ']']).enumerate() {
        let is_optional = index % 2 == 1;
        if !is_optional || has_all(part, captures) {
            captures.expand(part, &mut filled);
        }
    }
    filled
}

/// Returns whether all groups that a text names found something.
fn has_all(text: &str, captures: &Captures<'_>) -> bool {
    let named = text.split('$').skip(1);
    let mut named = named.map(|text| {
        let end = text.find(|c: char| !c.is_ascii_alphanumeric());
        &text[..end.unwrap_or(text.len())]
    });
    named.all(|name| captures.name(name).is_some())
}

/// The last lines of a step, on their own and as one text.
pub(super) struct Output<'a> {
    pub(super) lines: &'a [&'a str],
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

    /// Returns the groups of the last line that a pattern fits, and the line.
    pub(super) fn line(&self, pattern: &Regex) -> Option<(Captures<'_>, String)> {
        let mut lines = self.lines.iter().rev();
        lines.find_map(|line| Some((pattern.captures(line)?, line.trim().to_owned())))
    }

    /// Returns the lines behind the last one that a pattern fits.
    pub(super) fn behind(&self, pattern: &Regex) -> &'a [&'a str] {
        let last = self.lines.iter().rposition(|line| pattern.is_match(line));
        last.map_or(&[], |last| &self.lines[last + 1..])
    }

    /// Returns the groups of a pattern in the whole text, and the lines that it begins and ends in.
    pub(super) fn sentence(&self, pattern: &Regex) -> Option<(Captures<'_>, String)> {
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

    /// Returns the server that was named last.
    pub(super) fn server(&self, command: &str) -> Option<String> {
        static URL: std::sync::LazyLock<Regex> = std::sync::LazyLock::new(|| {
            Regex::new(r#"https?://(?:[^/@\s"']*@)?([\w.-]+(?::\d+)?)"#)
                .unwrap_or_else(|error| unreachable!("{error}"))
        });
        let texts = self.lines.iter().rev().copied().chain([command]);
        let mut found = texts.filter_map(|text| URL.captures_iter(text).last());
        found.next().map(|captures| captures[1].to_owned())
    }
}

/// Cuts `process "/bin/sh -c …" did not complete successfully: ` off: the texts that a command is
/// made of are no evidence, and the step was named before.
pub(in crate::report) fn without_command(error: &str) -> &str {
    let ending = error.rsplit_once("did not complete successfully: ");
    ending.map_or(error, |(_, ending)| ending)
}
