//! Where indicatif draws.

use std::fmt::Write as _;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle, TermLike};

use super::Stream;

/// Where terminals that do not know their width are taken to end.
const USUAL_WIDTH: usize = 80;

/// Returns the columns of a stream's terminal at the moment.
pub(super) fn columns(stream: &Stream) -> usize {
    stream
        .size()
        .map_or(USUAL_WIDTH, |(columns, _)| columns.max(1))
}

/// A picture of indicatif: a text that goes to the stream as a whole, masked there.
///
/// indicatif fills lines up with spaces, so that the terminal breaks them and the cursor stays on
/// the last one. Here they end with a newline: a line that is copied from the terminal is one line.
#[derive(Clone, Debug, Default)]
pub(super) struct Canvas(Arc<Mutex<Frame>>);

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
    /// Returns a bar that looks as the template says, and what it draws on.
    pub(super) fn with_bar(template: &str) -> (ProgressBar, Self) {
        let canvas = Self::default();
        let bar = ProgressBar::no_length();
        bar.set_draw_target(ProgressDrawTarget::term_like(Box::new(canvas.clone())));
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        (bar, canvas)
    }

    fn frame(&self) -> MutexGuard<'_, Frame> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Starts a frame over a picture of so many rows.
    pub(super) fn begin(&self, columns: usize, above: usize) {
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
    pub(super) fn end(&self) -> String {
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
