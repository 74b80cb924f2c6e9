//! What a wait has seen so far, and what it came to.

use std::fmt;
use std::time::Duration;

use super::level::Level;

/// A level that was reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Phase {
    /// The level.
    pub level: Level,
    /// The time since the wait began.
    pub after: Duration,
    /// What was seen, such as the model's name; may be empty.
    pub detail: String,
    /// Where it was seen, as a client would write it; nothing before there is a port.
    pub place: Option<String>,
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.after.as_secs_f64();
        write!(f, "{} after {seconds:.2}s", self.level.as_str())?;
        if !self.detail.is_empty() {
            write!(f, ": {}", self.detail)?;
        }
        match &self.place {
            Some(place) => write!(f, " at {place}"),
            None => Ok(()),
        }
    }
}

/// What a wait reports on the way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Progress {
    /// A level was reached.
    Reached(Phase),
    /// What is waited for.
    Waiting(String),
    /// What hinders.
    Hindered {
        /// What it is.
        cause: String,
        /// What helps.
        fixes: Vec<String>,
    },
}

/// What a wait came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Readiness {
    /// The level was reached.
    Ready,
    /// Not in time; what was missing last.
    TimedOut {
        /// The level that was not reached.
        level: Level,
        /// What was seen instead.
        seen: String,
    },
    /// The container ended.
    Ended {
        /// Its exit code, if it is still known.
        code: Option<i64>,
    },
    /// The server answered, but not as it should.
    Wrong {
        /// The level that was not reached.
        level: Level,
        /// What it answered.
        answer: String,
    },
    /// No waiting helps.
    Never {
        /// Why.
        cause: String,
        /// What helps.
        fix: String,
    },
}
