//! The watchdog of a replica: an engine may hang and stay "ready".

use std::time::Duration;

/// Between two questions to a member, and after one that was not answered.
const INTERVAL: Duration = Duration::from_secs(60);
const SOON: Duration = Duration::from_secs(10);

/// This many unanswered questions in a row are a failure.
const LIMIT: u32 = 3;

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Watchdog {
    /// When it was last asked, or became ready.
    asked: Option<Duration>,
    unanswered: u32,
}

impl Watchdog {
    /// Begins again; called when a replica becomes ready.
    pub(super) fn reset(&mut self, now: Duration) {
        *self = Self {
            asked: Some(now),
            unanswered: 0,
        };
    }

    /// Returns whether a question is due, and takes it as asked.
    pub(super) fn is_due(&mut self, now: Duration) -> bool {
        let interval = if self.unanswered == 0 { INTERVAL } else { SOON };
        let due = self
            .asked
            .is_some_and(|asked| now.saturating_sub(asked) >= interval);
        if due {
            self.asked = Some(now);
        }
        due
    }

    pub(super) fn answered(&mut self) {
        self.unanswered = 0;
    }

    /// Counts a question without answer, and returns whether that is enough.
    pub(super) fn unanswered(&mut self) -> bool {
        self.unanswered += 1;
        self.unanswered >= LIMIT
    }
}
