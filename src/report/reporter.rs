//! What all reporters have in common, and the choice among them.

use std::ops::AddAssign;
use std::str::FromStr;
use std::time::Duration;

use super::intake::Controls;
use super::plain::Plain;
use super::quiet::Quiet;
use super::rawjson::RawJson;
use super::state::BuildState;
use super::tty::Tty;
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

impl View {
    /// Plain text of any size, as in a file.
    pub const PLAIN: Self = Self {
        look: Look::PLAIN,
        rows: None,
    };
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

/// How to tell of a build: the values of `--progress`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// [`Tty`](Self::Tty) on a terminal, else [`Plain`](Self::Plain).
    #[default]
    Auto,
    /// A tree of the running steps that changes in place.
    Tty,
    /// One line after the other, with all output of the steps.
    Plain,
    /// A line of JSON for each message of the engine, as `docker buildx build` prints them, and
    /// `{"dynbuild":…}` for events of our own.
    RawJson,
    /// Nothing but the digests of the results, on stdout.
    Quiet,
    /// Nothing but warnings and failures.
    None,
}

impl Mode {
    /// The values that people type.
    pub const NAMES: [&str; 6] = ["auto", "tty", "plain", "rawjson", "quiet", "none"];

    /// Returns what an event must not hold for its reporter: JSON escapes what others clean.
    pub const fn controls(self) -> Controls {
        match self {
            Self::RawJson => Controls::Kept,
            Self::Auto | Self::Tty | Self::Plain | Self::Quiet | Self::None => Controls::Removed,
        }
    }

    /// Creates the reporter. `live` tells whether the screen is a terminal where lines can be
    /// changed: without one, the tree is not possible and plain lines come instead.
    pub fn reporter(self, live: bool) -> Box<dyn Reporter> {
        match self {
            Self::Auto | Self::Tty if live => Box::new(Tty),
            Self::Auto | Self::Tty | Self::Plain => Box::new(Plain::default()),
            Self::RawJson => Box::new(RawJson),
            Self::Quiet => Box::new(Quiet { digests: true }),
            Self::None => Box::new(Quiet { digests: false }),
        }
    }
}

/// The value of `--progress` is none of [`Mode::NAMES`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "unknown kind of progress `{0}`; the kinds are `auto`, `tty`, `plain`, `rawjson`, `quiet` and `none`"
)]
pub struct UnknownMode(pub String);

impl FromStr for Mode {
    type Err = UnknownMode;

    fn from_str(name: &str) -> Result<Self, UnknownMode> {
        match name {
            "auto" => Ok(Self::Auto),
            "tty" => Ok(Self::Tty),
            "plain" => Ok(Self::Plain),
            "rawjson" => Ok(Self::RawJson),
            "quiet" => Ok(Self::Quiet),
            "none" => Ok(Self::None),
            unknown => Err(UnknownMode(unknown.to_owned())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_names_are_known_and_others_refused() {
        assert!(Mode::NAMES.iter().all(|name| name.parse::<Mode>().is_ok()));
        insta::assert_snapshot!("fancy".parse::<Mode>().unwrap_err(), @"unknown kind of progress `fancy`; the kinds are `auto`, `tty`, `plain`, `rawjson`, `quiet` and `none`");
    }
}
