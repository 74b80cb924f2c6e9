//! The choice among the reporters: `--progress`.

use super::intake::Controls;
use super::plain::Plain;
use super::quiet::Quiet;
use super::rawjson::RawJson;
use super::reporter::Reporter;
use super::tty::Tty;

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
    /// Returns what an event must not hold for its reporter: JSON escapes what others clean.
    pub const fn controls(self) -> Controls {
        match self {
            Self::RawJson => Controls::Kept,
            Self::Auto | Self::Tty | Self::Plain | Self::Quiet | Self::None => Controls::Removed,
        }
    }

    /// Creates the reporter. `live` says whether the screen is a terminal where lines can be
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
