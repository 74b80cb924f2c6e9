//! How often a replica failed, and how long to wait.

use std::collections::VecDeque;
use std::time::Duration;

/// A replica that fails this often within [`WINDOW`] is not started again.
const LIMIT: usize = 5;
const WINDOW: Duration = Duration::from_secs(600);

const FIRST_DELAY: Duration = Duration::from_secs(1);
const LONGEST_DELAY: Duration = Duration::from_secs(60);

/// The failures of one replica.
#[derive(Clone, Debug, Default)]
pub(super) struct Failures {
    times: VecDeque<Duration>,
    /// Failures since it last ran for [`WINDOW`].
    in_a_row: u32,
}

impl Failures {
    /// Counts a failure, and returns how long to wait before the next start; `None` if it failed
    /// too often.
    pub(super) fn count(
        &mut self,
        now: Duration,
        ready_since: Option<Duration>,
    ) -> Option<Duration> {
        if ready_since.is_some_and(|since| now.saturating_sub(since) >= WINDOW) {
            self.in_a_row = 0;
        }
        self.times.push_back(now);
        self.times.retain(|time| now.saturating_sub(*time) < WINDOW);
        let delay = FIRST_DELAY.saturating_mul(1 << self.in_a_row.min(16));
        self.in_a_row += 1;
        (self.times.len() < LIMIT).then(|| delay.min(LONGEST_DELAY))
    }

    /// Takes back the failures after a time: they were not its own.
    pub(super) fn forgive(&mut self, after: Duration) {
        let before = self.times.len();
        self.times.retain(|time| *time <= after);
        let forgiven = u32::try_from(before - self.times.len()).unwrap_or(u32::MAX);
        self.in_a_row = self.in_a_row.saturating_sub(forgiven);
    }

    /// Returns how often it failed lately.
    pub(super) fn lately(&self) -> usize {
        self.times.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn the_fifth_failure_in_ten_minutes_is_the_last() {
        let mut failures = Failures::default();
        let delays = [0, 10, 20, 30, 40].map(|time| failures.count(at(time), None));
        assert_eq!(
            delays,
            [Some(at(1)), Some(at(2)), Some(at(4)), Some(at(8)), None]
        );
    }

    #[test]
    fn rare_failures_are_waited_for_longer_and_longer() {
        let mut failures = Failures::default();
        let delays = (0..8).map(|number| failures.count(at(200 * number), None));
        let delays: Vec<_> = delays.map(|delay| delay.unwrap().as_secs()).collect();
        assert_eq!(delays, [1, 2, 4, 8, 16, 32, 60, 60]);
    }

    #[test]
    fn who_ran_for_long_begins_again() {
        let mut failures = Failures::default();
        for time in [0, 200, 400] {
            failures.count(at(time), None);
        }
        assert_eq!(failures.count(at(5000), Some(at(500))), Some(at(1)));
    }
}
