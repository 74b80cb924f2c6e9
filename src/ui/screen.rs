//! Lines at the bottom of a terminal that change in place.

use std::fmt::Write as _;

use super::Stream;
use crate::text::width;

/// The live lines of a stream, with what was written for good above them.
///
/// Everything that changes the screen goes out in one write, and the cursor always rests below the
/// lines: whoever ends the program at whatever moment finds a usable terminal.
#[derive(Debug, Default)]
pub(super) struct Screen {
    drawn: Vec<String>,
}

impl Screen {
    /// Writes `text` for good, and `lines` below it in place of the lines that were there.
    ///
    /// Nothing is written if nothing would change.
    pub(super) fn update(&mut self, stream: &mut Stream, text: &str, lines: Vec<String>) {
        if text.is_empty() && lines == self.drawn {
            return;
        }
        let columns = stream
            .size()
            .map_or(usize::MAX, |(columns, _)| columns.max(1));
        let mut out = String::new();
        let above = self.rows(columns);
        if above > 0 {
            let _ = write!(out, "\x1b[{above}A\r");
        }
        for line in text.lines().chain(lines.iter().map(String::as_str)) {
            // What was there is erased behind each line, not before: nothing flickers.
            out.extend([line, "\x1b[K\n"]);
        }
        if above > 0 {
            out.push_str("\x1b[J");
        }
        stream.write(&out);
        self.drawn = lines;
    }

    /// Returns how many rows the drawn lines take now. When the terminal got narrower since they
    /// were drawn, it has broken them.
    fn rows(&self, columns: usize) -> usize {
        let rows = |line: &String| width(line).max(1).div_ceil(columns);
        self.drawn.iter().map(rows).sum()
    }
}
