//! Whether what all members need can be reached, and whose fault an end is.

use std::time::Duration;

/// How long after an outage an end is still its fault: members end in phases.
const OUTAGE_LAG: Duration = Duration::from_secs(30);

/// Discovery, or the engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dependency {
    Here { back_since: Option<Duration> },
    Away { since: Duration },
}

impl Dependency {
    pub(super) const fn new() -> Self {
        Self::Here { back_since: None }
    }

    pub(super) const fn is_away(self) -> bool {
        matches!(self, Self::Away { .. })
    }

    /// Returns whether a member that ends now does so because of the outage. One that was started
    /// afterwards has another reason.
    pub(super) fn is_at_fault(self, now: Duration, started: Duration) -> bool {
        match self {
            Self::Away { .. } => true,
            Self::Here { back_since } => {
                back_since.is_some_and(|back| started < back && now < back + OUTAGE_LAG)
            }
        }
    }

    /// Returns whether it was there before.
    pub(super) fn goes(&mut self, now: Duration) -> bool {
        let was_here = !self.is_away();
        if was_here {
            *self = Self::Away { since: now };
        }
        was_here
    }

    /// Returns how long it was away, if it was.
    pub(super) fn comes_back(&mut self, now: Duration) -> Option<Duration> {
        let Self::Away { since } = *self else {
            return None;
        };
        *self = Self::Here {
            back_since: Some(now),
        };
        Some(now.saturating_sub(since))
    }

    /// Returns the time from which on an end is the fault of an outage that is noticed now.
    pub(super) const fn lag_before(now: Duration) -> Duration {
        now.saturating_sub(OUTAGE_LAG)
    }
}
