//! From the lines of a file to its instructions: continued lines are put together.

use std::ops::Range;

use super::error::{Mistake, SyntaxError};

/// The longest line that BuildKit reads, without its end.
const MAX_LINE: usize = 65_535;

/// One line of the file with its end.
#[derive(Clone, Copy, Debug)]
pub(super) struct FileLine<'a> {
    pub(super) text: &'a str,
    pub(super) start: usize,
}

impl<'a> FileLine<'a> {
    /// The line without its end.
    fn body(self) -> &'a str {
        self.text.trim_end_matches(['\r', '\n'])
    }

    fn is_comment(self) -> bool {
        self.text.trim_start().starts_with('#')
    }

    pub(super) fn end(self) -> usize {
        self.start + self.text.len()
    }
}

/// The lines that are still to be read.
#[derive(Debug)]
pub(super) struct FileLines<'a> {
    rest: &'a str,
    start: usize,
}

impl<'a> FileLines<'a> {
    /// Reads `text` from the byte `start` on.
    pub(super) fn new(text: &'a str, start: usize) -> Self {
        Self {
            rest: &text[start..],
            start,
        }
    }

    pub(super) fn next(&mut self) -> Result<Option<FileLine<'a>>, SyntaxError> {
        if self.rest.is_empty() {
            return Ok(None);
        }
        let end = self.rest.find('\n').map_or(self.rest.len(), |at| at + 1);
        let (text, rest) = self.rest.split_at(end);
        let line = FileLine {
            text,
            start: self.start,
        };
        self.rest = rest;
        self.start += end;
        if text.strip_suffix('\n').unwrap_or(text).len() > MAX_LINE {
            return Err(SyntaxError {
                mistake: Mistake::LongLine,
                span: line.start..line.start,
            });
        }
        Ok(Some(line))
    }
}

/// A comment line, without `#`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Comment {
    pub(super) text: String,
    /// The whole line.
    pub(super) span: Range<usize>,
}

impl Comment {
    /// Returns what it says about the argument or stage that it begins with.
    pub(super) fn describes(&self, name: &str) -> Option<&str> {
        self.text.strip_prefix(name)?.strip_prefix(' ')
    }
}

/// An instruction as one line, whose bytes know where they come from.
#[derive(Clone, Debug, Default)]
pub(super) struct LogicalLine {
    pub(super) text: String,
    /// For each piece of `text` where it begins there, and where in the file.
    pieces: Vec<(usize, usize)>,
    /// From the first byte to the last one that belongs to the instruction.
    pub(super) span: Range<usize>,
    /// The comments above it.
    pub(super) comments: Vec<Comment>,
    /// The characters that continue a line, if the file ends within the instruction: what would
    /// have to go so that the instruction ends there.
    pub(super) open_end: Vec<usize>,
}

impl LogicalLine {
    /// Reads the next instruction, without its here-documents.
    pub(super) fn read(
        lines: &mut FileLines<'_>,
        escape: char,
    ) -> Result<Option<Self>, SyntaxError> {
        let mut comments = Vec::new();
        while let Some(line) = lines.next()? {
            if line.is_comment() {
                note_comment(line, &mut comments);
                continue;
            }
            let body = line.body();
            let indented = body.len() - body.trim_start().len();
            let (part, continued) = without_continuation(&body[indented..], escape);
            if part.is_empty() && continued.is_none() {
                continue;
            }
            let start = line.start + indented;
            let mut logical = Self {
                span: start..start,
                comments,
                ..Self::default()
            };
            logical.push(part, start);
            logical.continue_while(continued.map(|at| start + at), lines, escape)?;
            return Ok(Some(logical));
        }
        Ok(None)
    }

    fn continue_while(
        &mut self,
        mut continued: Option<usize>,
        lines: &mut FileLines<'_>,
        escape: char,
    ) -> Result<(), SyntaxError> {
        while let Some(at) = continued {
            self.open_end.push(at);
            let Some(line) = lines.next()? else {
                self.keep_trailing_escapes();
                return Ok(());
            };
            if line.is_comment() || line.text.trim().is_empty() {
                self.open_end.pop();
                continue;
            }
            let (part, next) = without_continuation(line.body(), escape);
            self.push(part, line.start);
            continued = next.map(|at| line.start + at);
        }
        self.open_end.clear();
        Ok(())
    }

    /// Keeps the escapes behind which nothing of the instruction follows.
    fn keep_trailing_escapes(&mut self) {
        let end = self.span.end;
        self.open_end.retain(|at| *at >= end);
    }

    fn push(&mut self, part: &str, start: usize) {
        self.pieces.push((self.text.len(), start));
        self.text.push_str(part);
        let visible = part.trim_end();
        if !visible.is_empty() {
            self.span.end = start + visible.len();
        }
    }

    /// Returns what the comments above say about an argument or stage.
    pub(super) fn description(&self, name: &str) -> Option<String> {
        let mut comments = self.comments.iter();
        let found = comments.find_map(|comment| comment.describes(name));
        found.map(str::to_owned)
    }

    /// Returns where a part of the text stands in the file.
    pub(super) fn place(&self, range: Range<usize>) -> Range<usize> {
        let start = self.offset(range.start, false);
        let end = self.offset(range.end, true).max(start);
        start..end
    }

    /// An offset between two pieces is the end of the first one if it ends something.
    fn offset(&self, at: usize, is_end: bool) -> usize {
        let after = |(start, _): &(usize, usize)| {
            if is_end { *start < at } else { *start <= at }
        };
        let index = self.pieces.partition_point(after);
        match index.checked_sub(1).map(|index| self.pieces[index]) {
            Some((text, file)) => file + (at - text),
            None => self.span.start,
        }
    }
}

fn note_comment(line: FileLine<'_>, comments: &mut Vec<Comment>) {
    // BuildKit drops one character, which is the `#` unless the line is indented.
    let mut text = line.text.chars();
    text.next();
    let text = text.as_str().trim();
    if text.is_empty() {
        comments.clear();
    } else {
        comments.push(Comment {
            text: text.to_owned(),
            span: line.start..line.end(),
        });
    }
}

/// Returns a line without the escape at its end, and where that is.
///
/// An escape before it makes it an ordinary character.
fn without_continuation(line: &str, escape: char) -> (&str, Option<usize>) {
    let trimmed = line.trim_end_matches([' ', '\t']);
    match trimmed.strip_suffix(escape) {
        Some(part) if !part.ends_with(escape) => (part, Some(part.len())),
        _ => (line, None),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use test_case::test_case;

    use super::*;

    fn read(text: &str, escape: char) -> Vec<LogicalLine> {
        let mut lines = FileLines::new(text, 0);
        let mut found = Vec::new();
        while let Some(line) = LogicalLine::read(&mut lines, escape).unwrap() {
            found.push(line);
        }
        found
    }

    #[test_case("A b\n\n  C \\\n  d\n", &["A b", "C   d"]; "continued")]
    #[test_case("A \\\n# x \\\n\n  # y\n b\nC", &["A  b", "C"]; "comments and blank lines inside")]
    #[test_case("A \\  \t\nb\n", &["A b"]; "blanks behind the escape")]
    #[test_case("A \\\\\nB\n", &["A \\\\", "B"]; "an escaped escape")]
    #[test_case("A \\\r\n b\r\nC\r\n", &["A  b", "C"]; "lines of Windows")]
    #[test_case("# x \\\nA\n", &["A"]; "comments do not continue")]
    #[test_case("\\\nA\n", &["A"]; "an escape alone")]
    #[test_case("A \\", &["A "]; "continued at the end")]
    fn lines(text: &str, expected: &[&str]) {
        let found = read(text, '\\');
        let found: Vec<_> = found.iter().map(|line| line.text.as_str()).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn the_escape_may_be_a_backtick() {
        let found = read("A `\n b \\\nC", '`');
        assert_eq!(found[0].text, "A  b \\");
        assert_eq!(found[1].text, "C");
    }

    #[test_case("A \\", &[2]; "at once")]
    #[test_case("A \\\n", &[2]; "with a line break")]
    #[test_case("A \\\nb \\\n# c\n\n", &[6]; "before comments")]
    #[test_case("A \\\n \\\n", &[2, 5]; "twice")]
    #[test_case("A \\\n b\n", &[]; "not at all")]
    fn an_open_end_names_what_has_to_go(text: &str, expected: &[usize]) {
        assert_eq!(read(text, '\\')[0].open_end, expected);
    }

    #[test]
    fn a_part_knows_its_place() {
        let text = "  RUN a \\\n# c\n  bc d";
        let line = &read(text, '\\')[0];
        let at = line.text.find("bc").unwrap();
        assert_eq!(&text[line.place(at..at + 2)], "bc");
        assert_eq!(&text[line.place(0..3)], "RUN");
        assert_eq!(&text[line.span.clone()], "RUN a \\\n# c\n  bc d");
    }

    #[test]
    fn a_comment_alone_ends_the_description() {
        let line = &read("# x\n#\n# A b\n\n# c\nA\n", '\\')[0];
        let comments: Vec<_> = line.comments.iter().map(|c| c.text.as_str()).collect();
        assert_eq!(comments, ["A b", "c"]);
    }

    #[test]
    fn a_line_has_a_limit() {
        let text = format!("A {}\n", "x".repeat(MAX_LINE));
        let error = LogicalLine::read(&mut FileLines::new(&text, 0), '\\').unwrap_err();
        assert_eq!(error.mistake, Mistake::LongLine);
    }

    proptest! {
        #[test]
        fn every_part_has_a_place(text in "[aé \\\\`\n\r#\t]{0,40}", escape in "[\\\\`]") {
            for line in read(&text, escape.chars().next().unwrap()) {
                for (at, character) in line.text.char_indices() {
                    let place = line.place(at..at + character.len_utf8());
                    prop_assert_eq!(&text[place], character.to_string());
                }
                prop_assert!(text.get(line.span.clone()).is_some());
            }
        }
    }
}
