//! Lines at the bottom of a terminal that change in place.

use std::fmt::Write as _;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle, TermLike};

use super::Stream;
use crate::text::width;

/// Where terminals that do not know their width are taken to end.
const USUAL_WIDTH: usize = 80;

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
        let canvas = Canvas::default();
        let bar = ProgressBar::no_length();
        bar.set_draw_target(ProgressDrawTarget::term_like(Box::new(canvas.clone())));
        if let Ok(style) = ProgressStyle::with_template("{msg}") {
            bar.set_style(style);
        }
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
        let columns = stream
            .size()
            .map_or(USUAL_WIDTH, |(columns, _)| columns.max(1));
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

/// Where indicatif draws: a text that goes to the stream as a whole, masked there.
///
/// indicatif fills lines up with spaces, so that the terminal breaks them and the cursor stays on
/// the last one. Here they end with a newline: a line that is copied from the terminal is one line.
#[derive(Clone, Debug, Default)]
struct Canvas(Arc<Mutex<Frame>>);

#[derive(Debug, Default)]
struct Frame {
    text: String,
    columns: usize,
    /// Rows that the last picture takes now, below which the cursor rests.
    above: usize,
    /// Whether the next text of a line is what fills it up.
    filling: bool,
}

impl Canvas {
    fn frame(&self) -> MutexGuard<'_, Frame> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Starts a frame over a picture of so many rows.
    fn begin(&self, columns: usize, above: usize) {
        *self.frame() = Frame {
            columns,
            above,
            ..Frame::default()
        };
        if above > 0 {
            let _ = write!(self.frame().text, "\x1b[{above}A\r");
        }
    }

    /// Returns what is to be written.
    fn end(&self) -> String {
        let mut frame = self.frame();
        if frame.above > 0 {
            frame.text.push_str("\x1b[J");
        }
        std::mem::take(&mut frame.text)
    }
}

impl TermLike for Canvas {
    fn width(&self) -> u16 {
        u16::try_from(self.frame().columns).unwrap_or(u16::MAX)
    }

    /// The reporter made the picture for the rows that there are.
    fn height(&self) -> u16 {
        u16::MAX
    }

    // A frame begins above the last picture, and every line erases what is behind it.
    fn move_cursor_up(&self, _: usize) -> io::Result<()> {
        Ok(())
    }

    fn move_cursor_down(&self, _: usize) -> io::Result<()> {
        Ok(())
    }

    fn move_cursor_right(&self, _: usize) -> io::Result<()> {
        Ok(())
    }

    fn move_cursor_left(&self, _: usize) -> io::Result<()> {
        Ok(())
    }

    fn clear_line(&self) -> io::Result<()> {
        Ok(())
    }

    fn write_line(&self, text: &str) -> io::Result<()> {
        self.frame().text.extend([text, "\x1b[K\n"]);
        Ok(())
    }

    fn write_str(&self, text: &str) -> io::Result<()> {
        let mut frame = self.frame();
        match text {
            "\r" => {}
            _ if frame.filling => {
                frame.text.push_str("\x1b[K\n");
                frame.filling = false;
            }
            line => {
                frame.text.push_str(line);
                frame.filling = true;
            }
        }
        Ok(())
    }

    fn flush(&self) -> io::Result<()> {
        Ok(())
    }
}
