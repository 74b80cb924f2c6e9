//! Lines at the bottom of a terminal that change in place.

use indicatif::ProgressBar;

use super::Stream;
use super::canvas::{Canvas, columns};
use crate::text::width;

/// The live lines of a stream, with what was written for good above them: one bar of indicatif,
/// whose message is the whole picture.
///
/// Everything that changes the screen goes out in one write, and the cursor always rests below the
/// lines: whoever ends the program at whatever moment finds a usable terminal.
#[derive(Debug)]
pub(super) struct Screen {
    bar: ProgressBar,
    canvas: Canvas,
    drawn: Vec<String>,
}

impl Default for Screen {
    fn default() -> Self {
        let (bar, canvas) = Canvas::with_bar("{msg}");
        Self {
            bar,
            canvas,
            drawn: Vec::new(),
        }
    }
}

impl Screen {
    /// Writes `text` for good, and `lines` below it in place of the lines that were there.
    ///
    /// Nothing is written if nothing would change.
    pub(super) fn update(&mut self, stream: &mut Stream, text: &str, lines: Vec<String>) {
        if text.is_empty() && lines == self.drawn {
            return;
        }
        let columns = columns(stream);
        self.canvas.begin(columns, self.rows(columns));
        self.bar.set_message(lines.join("\n"));
        if !text.is_empty() {
            // The bar draws the new picture again, below the text.
            self.canvas.begin(columns, self.rows(columns));
            self.bar.println(text);
        }
        stream.write(&self.canvas.end());
        self.drawn = lines;
    }

    /// Returns how many rows the drawn lines take now. When the terminal got narrower since they
    /// were drawn, it has broken them.
    fn rows(&self, columns: usize) -> usize {
        let rows = |line: &String| width(line).max(1).div_ceil(columns);
        self.drawn.iter().map(rows).sum()
    }
}
