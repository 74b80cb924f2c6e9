//! Durations for people.

use std::time::Duration;

/// Returns a duration as a stopwatch would show it: `0.4s`, `12.3s`, `2m 05s`, `1h 02m`.
pub fn human_duration(duration: Duration) -> String {
    let tenths = (duration.as_millis() + 50) / 100;
    let seconds = duration.as_secs();
    if tenths < 600 {
        return format!("{}.{}s", tenths / 10, tenths % 10);
    }
    let (minutes, seconds) = (seconds.max(60) / 60, seconds.max(60) % 60);
    if minutes < 60 {
        return format!("{minutes}m {seconds:02}s");
    }
    format!("{}h {:02}m", minutes / 60, minutes % 60)
}

#[cfg(test)]
mod tests {
    use test_case::test_case;

    use super::*;

    #[test_case(0, "0.0s")]
    #[test_case(149, "0.1s")]
    #[test_case(12_345, "12.3s")]
    #[test_case(59_949, "59.9s")]
    #[test_case(59_950, "1m 00s"; "rounds into a minute")]
    #[test_case(125_000, "2m 05s")]
    #[test_case(3_725_000, "1h 02m")]
    fn reads_well(milliseconds: u64, expected: &str) {
        let duration = Duration::from_millis(milliseconds);
        assert_eq!(human_duration(duration), expected);
    }
}
