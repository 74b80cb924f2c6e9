//! What all reporters have in common.

use std::ops::AddAssign;
use std::time::Duration;

use super::state::BuildState;
use crate::execute::event::Event;
use crate::text::Look;

/// Tells of a build while it runs.
pub trait Reporter: Send {
    /// Takes in an event, which the state at the moment contains already; returns what to write for
    /// good.
    fn event(&mut self, event: &Event, moment: Moment<'_>) -> Page;

    /// Returns the lines to show below what was written, until they are replaced by newer ones.
    /// Only asked for where the screen can do that.
    fn live(&self, _moment: Moment<'_>) -> Vec<String> {
        Vec::new()
    }

    /// Returns what to write for good when the build is over.
    fn finish(&mut self, moment: Moment<'_>) -> Page;
}

/// A moment of a build.
#[derive(Clone, Copy, Debug)]
pub struct Moment<'a> {
    /// What is known by now.
    pub state: &'a BuildState,
    /// How long the build has been running, by our own clock.
    pub now: Duration,
    /// What the screen can show.
    pub view: View,
}

/// What the screen can show at the moment.
#[derive(Clone, Copy, Debug)]
pub struct View {
    /// Colours, characters and columns.
    pub look: Look,
    /// How many lines there are, if it is a terminal.
    pub rows: Option<usize>,
}

#[cfg(test)]
impl View {
    /// Plain text of any size, as in a file.
    pub const PLAIN: Self = Self {
        look: Look::PLAIN,
        rows: None,
    };

    /// A terminal of the usual size.
    pub const TERMINAL: Self = Self {
        look: Look {
            color: false,
            unicode: true,
            width: Some(80),
        },
        rows: Some(24),
    };

    /// Returns the same with other columns and rows.
    pub const fn sized(mut self, columns: usize, rows: usize) -> Self {
        self.look.width = Some(columns);
        self.rows = Some(rows);
        self
    }
}

/// What a reporter wants to be written: whole lines for each stream.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// For the program that reads our output.
    pub stdout: String,
    /// For the person who watches, and for logs.
    pub stderr: String,
}

impl Page {
    /// Makes a page for the person who watches.
    pub fn talk(text: impl Into<String>) -> Self {
        Self {
            stdout: String::new(),
            stderr: text.into(),
        }
    }
}

impl AddAssign for Page {
    fn add_assign(&mut self, more: Self) {
        self.stdout += &more.stdout;
        self.stderr += &more.stderr;
    }
}
