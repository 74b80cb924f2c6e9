//! Which part of a container's log is read.

use jiff::Timestamp;

/// A part of a log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LogRange {
    /// Go on with what is written later.
    pub follow: bool,
    /// The last lines only.
    pub last: Option<u64>,
    /// What was written since then.
    pub since: Option<Timestamp>,
}

impl LogRange {
    /// Returns all that is there, and what is written later.
    pub const fn following() -> Self {
        Self {
            follow: true,
            last: None,
            since: None,
        }
    }

    /// Returns the last lines.
    pub const fn last(lines: u64) -> Self {
        Self {
            follow: false,
            last: Some(lines),
            since: None,
        }
    }

    /// Leaves out what was written before.
    #[must_use]
    pub const fn since(mut self, since: Timestamp) -> Self {
        self.since = Some(since);
        self
    }

    pub(super) fn query(self) -> String {
        let last = self.last.map(|lines| format!("&tail={lines}"));
        let since = self.since.map(|since| {
            let since = since.as_duration();
            format!("&since={}.{:09}", since.as_secs(), since.subsec_nanos())
        });
        format!(
            "stdout=1&stderr=1&follow={}{}{}",
            u8::from(self.follow),
            last.unwrap_or_default(),
            since.unwrap_or_default()
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_written_as_the_engine_reads_them() {
        let since = Timestamp::new(1_764_000_000, 5).unwrap();
        let query = LogRange::following().since(since).query();
        assert_eq!(
            query,
            "stdout=1&stderr=1&follow=1&since=1764000000.000000005"
        );
        assert_eq!(
            LogRange::last(8).query(),
            "stdout=1&stderr=1&follow=0&tail=8"
        );
    }
}
