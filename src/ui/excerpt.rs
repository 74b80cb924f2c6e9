//! The lines of a file that a problem is about.

use crate::problem::Excerpt;
use crate::redact::shown_source;
use crate::text::{Look, Mark, Tone, clean_line, fit, width};

/// Where nothing limits a line, as in a file, it is cut here: programs write lines without an end.
const WIDEST_LINE: usize = 400;

/// Of a longer excerpt, as of a `RUN` with a script, only the first lines are shown.
const MOST_LINES: usize = 12;

/// Returns the lines that show an excerpt: its place, its text, and where in it to look.
pub(super) fn render_excerpt(excerpt: &Excerpt, look: Look) -> Vec<String> {
    let quote = Quote::new(excerpt, look);
    match quote.lines.as_slice() {
        [] => vec![quote.place()],
        [line] => quote.with_caret(line),
        _ => quote.marked_lines(),
    }
}

struct Quote<'a> {
    excerpt: &'a Excerpt,
    look: Look,
    /// The lines that the span touches, without values that look like secrets.
    lines: Vec<String>,
    /// The number of the first of them, from 1, and the column where the span starts, from 1.
    first: usize,
    column: usize,
    /// How wide the line numbers are.
    margin: usize,
}

impl<'a> Quote<'a> {
    fn new(excerpt: &'a Excerpt, look: Look) -> Self {
        let (first, column) = excerpt.line_column();
        let last = last_line(excerpt).max(first);
        let shown = shown_source(&excerpt.text);
        let lines = shown.lines().skip(first - 1).map(str::to_owned);
        Self {
            excerpt,
            look,
            lines: lines.take(last - first + 1).collect(),
            first,
            column,
            margin: last.to_string().len(),
        }
    }

    /// Returns ` --> profiles/vllm.toml:3:10`, or with a range of lines.
    fn place(&self) -> String {
        let arrow = format!("{:margin$}-->", "", margin = self.margin);
        let name = clean_line(&self.excerpt.name);
        let place = match self.lines.len() {
            0 | 1 => format!("{}:{}", self.first, self.column),
            count => format!("{}-{}", self.first, self.first + count - 1),
        };
        format!("{} {name}:{place}", self.look.paint(Tone::Note, &arrow))
    }

    /// Returns a line with its number, or without one, right of the bar.
    fn row(&self, number: Option<usize>, bar: &str, text: &str) -> String {
        let number = number.map(|number| number.to_string()).unwrap_or_default();
        let gutter = format!("{number:>margin$} {bar}", margin = self.margin);
        let text = fit(text, self.room(), self.look);
        let row = format!("{} {text}", self.look.paint(Tone::Note, &gutter));
        row.trim_end().to_owned()
    }

    /// Returns the columns that are left for the text.
    fn room(&self) -> usize {
        let gutter = self.margin + 3;
        let width = self.look.width.unwrap_or(WIDEST_LINE);
        width.saturating_sub(gutter).max(20)
    }

    fn with_caret(&self, line: &str) -> Vec<String> {
        let bar = self.look.mark(Mark::Bar);
        let text = clean_line(line);
        let (at, carets) = self.carets(&text);
        let shift = self.shift(&text, at, carets.len());
        let label = clean_line(&self.excerpt.label);
        // Not as a width of the format, which has a limit.
        let pointer = format!("{}{carets} {label}", " ".repeat(at - shift));
        let shown: String = text.chars().skip(shift).collect();
        vec![
            self.place(),
            self.row(None, bar, ""),
            self.row(Some(self.first), bar, &shown),
            // The whole row is painted, so that a cut pointer keeps its colour.
            self.row(None, bar, &self.look.paint(Tone::Error, pointer.trim_end())),
        ]
    }

    /// Returns the column of the carets, from 0, and the carets. They stay below the text, which
    /// may have got shorter.
    fn carets(&self, text: &str) -> (usize, String) {
        let original = self.excerpt.text.lines().nth(self.first - 1);
        let original = original.unwrap_or_default();
        let before: String = original.chars().take(self.column - 1).collect();
        let marked = marked_text(self.excerpt, original, &before);
        let at = width(&clean_line(&before)).min(width(text));
        let longest = (width(text) - at).max(1);
        let count = width(&clean_line(marked)).clamp(1, longest);
        (at, "^".repeat(count))
    }

    /// Returns how many characters to leave out on the left, so that the carets of a very long
    /// line are in sight.
    fn shift(&self, text: &str, at: usize, carets: usize) -> usize {
        let room = self.room();
        if width(text) > room && at + carets + 4 > room {
            at.saturating_sub(room / 3)
        } else {
            0
        }
    }

    fn marked_lines(&self) -> Vec<String> {
        let mut rows = vec![self.place(), self.row(None, self.look.mark(Mark::Bar), "")];
        let shown = self.lines.iter().take(MOST_LINES).zip(self.first..);
        rows.extend(shown.map(|(line, number)| self.row(Some(number), ">", &clean_line(line))));
        if self.lines.len() > MOST_LINES {
            let hidden = self.lines.len() - MOST_LINES;
            let more = format!("{} {hidden} more lines", self.look.mark(Mark::Ellipsis));
            rows.push(self.row(None, self.look.mark(Mark::Bar), &more));
        }
        if !self.excerpt.label.is_empty() {
            rows.push(self.row(None, "=", &clean_line(&self.excerpt.label)));
        }
        rows
    }
}

/// Returns the part of `line` that the span covers, given what stands before it.
fn marked_text<'a>(excerpt: &Excerpt, line: &'a str, before: &str) -> &'a str {
    let rest = line.get(before.len()..).unwrap_or_default();
    let length = excerpt.span.end.saturating_sub(excerpt.span.start);
    rest.get(..length).unwrap_or(rest)
}

/// Returns the number of the last line that the span touches, from 1.
fn last_line(excerpt: &Excerpt) -> usize {
    let end = excerpt.span.end.min(excerpt.text.len());
    let covered = excerpt.text.get(..end).unwrap_or(&excerpt.text);
    let covered = covered.strip_suffix('\n').unwrap_or(covered);
    covered.matches('\n').count() + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn excerpt(text: &str, marked: &str, label: &str) -> Excerpt {
        let start = text.find(marked).unwrap();
        Excerpt {
            name: "profiles/x.toml".into(),
            text: text.into(),
            span: start..start + marked.len(),
            label: label.into(),
        }
    }

    fn shown(excerpt: &Excerpt, look: Look) -> String {
        render_excerpt(excerpt, look).join("\n")
    }

    const NARROW: Look = Look {
        width: Some(40),
        ..Look::PLAIN
    };

    #[test]
    fn one_line_has_carets() {
        let text = "[stage]\n\u{e9}\ttarget = \"runtme\" # here\n";
        insta::assert_snapshot!(shown(&excerpt(text, "\"runtme\"", "unknown target"), Look::PLAIN), @r#"
         --> profiles/x.toml:2:12
          |
        2 | é       target = "runtme" # here
          |                  ^^^^^^^^ unknown target
        "#);
    }

    #[test]
    fn several_lines_are_marked() {
        let text = "FROM base\nRUN make \\\n    -j8 \\\n    install\nENV A=b\n";
        insta::assert_snapshot!(shown(&excerpt(text, "RUN make \\\n    -j8 \\\n    install\n", ""), Look::PLAIN), @r"
         --> profiles/x.toml:2-4
          |
        2 > RUN make \
        3 >     -j8 \
        4 >     install
        ");
    }

    #[test]
    fn a_long_instruction_is_cut() {
        let text = "RUN true \\\n".repeat(15);
        insta::assert_snapshot!(shown(&excerpt(&text, &text, "this step"), NARROW), @r"
          --> profiles/x.toml:1-15
           |
         1 > RUN true \
         2 > RUN true \
         3 > RUN true \
         4 > RUN true \
         5 > RUN true \
         6 > RUN true \
         7 > RUN true \
         8 > RUN true \
         9 > RUN true \
        10 > RUN true \
        11 > RUN true \
        12 > RUN true \
           | ... 3 more lines
           = this step
        ");
    }

    #[test]
    fn a_long_line_is_moved_to_the_caret() {
        let text = format!("args = \"{}\" # {}", "x".repeat(60), "y".repeat(60));
        insta::assert_snapshot!(shown(&excerpt(&text, "#", "a comment"), NARROW), @r#"
         --> profiles/x.toml:1:71
          |
        1 | xxxxxxxxxx" # yyyyyyyyyyyyyyyyyyy...
          |             ^ a comment
        "#);
    }

    #[test]
    fn values_that_look_like_secrets_are_not_shown() {
        let text = "[secrets]\ntoken = \"canary-canary\nx = 1\n";
        insta::assert_snapshot!(shown(&excerpt(text, "canary-canary", "unclosed"), Look::PLAIN), @r#"
         --> profiles/x.toml:2:10
          |
        2 | token = ****
          |          ^^^ unclosed
        "#);
    }

    #[test]
    fn a_line_without_an_end_is_cut_in_files_too() {
        let text = format!("x = {}!", "[".repeat(100_000));
        for marked in ["x", "!"] {
            let shown = shown(&excerpt(&text, marked, "here"), Look::PLAIN);
            assert!(shown.lines().all(|line| line.len() < 500), "{shown}");
            assert!(shown.contains("^ here"), "{shown}");
        }
    }

    #[test]
    fn spans_outside_of_the_text_do_no_harm() {
        for span in [0..99, 50..60, 3..3] {
            let excerpt = Excerpt {
                span,
                ..excerpt("a\u{e9}b", "a", "")
            };
            assert!(shown(&excerpt, NARROW).contains("profiles/x.toml:"));
        }
    }
}
