//! The size of the terminal, and its changes.

use std::io;

use rustix::termios::tcgetwinsize;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// Rows and columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// Lines.
    pub rows: u16,
    /// Characters in a line.
    pub columns: u16,
}

impl Size {
    /// Returns the size of the terminal at standard output, or else at standard input.
    pub fn of_terminal() -> Option<Self> {
        let size = tcgetwinsize(rustix::stdio::stdout())
            .or_else(|_| tcgetwinsize(rustix::stdio::stdin()))
            .ok()?;
        let known = size.ws_row > 0 && size.ws_col > 0;
        known.then_some(Self {
            rows: size.ws_row,
            columns: size.ws_col,
        })
    }
}

/// Tells when the terminal's size changes.
#[derive(Debug)]
pub struct Resizes(Signal);

impl Resizes {
    /// Starts watching.
    ///
    /// # Errors
    /// Fails when the signal handler cannot be installed.
    pub fn watch() -> io::Result<Self> {
        signal(SignalKind::window_change()).map(Self)
    }

    /// Waits for the next change and returns the new size.
    pub async fn next(&mut self) -> Option<Size> {
        self.0.recv().await?;
        Size::of_terminal()
    }
}
