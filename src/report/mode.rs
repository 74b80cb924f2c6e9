//! The choice among the reporters: `--progress`.

use std::str::FromStr;

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

/// The value of `--progress` is none that there is.
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
        assert!(
            ["auto", "tty", "plain", "rawjson", "quiet", "none"]
                .iter()
                .all(|name| name.parse::<Mode>().is_ok())
        );
        insta::assert_snapshot!("fancy".parse::<Mode>().unwrap_err(), @"unknown kind of progress `fancy`; the kinds are `auto`, `tty`, `plain`, `rawjson`, `quiet` and `none`");
    }
}
