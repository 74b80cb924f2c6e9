//! Durations as Go writes them: `1m30s`, `1.5h`, `100ms`.

use std::fmt;
use std::str::FromStr;

use super::as_text::as_text;
use super::hinted::Hinted;
use super::number::{fraction, signed};

/// A duration in nanoseconds, as the engine is sent it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GoDuration(i64);

/// Why a duration could not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DurationError {
    /// A number has no unit.
    #[error("duration `{0}` has no unit")]
    NoUnit(String),
    /// A number has a unit that there is not.
    #[error("duration `{text}` has an unknown unit `{unit}`")]
    Unit {
        /// The whole text.
        text: String,
        /// The unit.
        unit: String,
    },
    /// It is more than 292 years.
    #[error("duration `{0}` is too long")]
    TooLong(String),
    /// It is wrong in another way.
    #[error("`{0}` is not a duration")]
    Malformed(String),
}

impl Hinted for DurationError {
    fn hint(&self) -> Option<String> {
        match self {
            Self::NoUnit(text) => Some(format!("write `{text}s` for seconds")),
            Self::Unit { .. } | Self::Malformed(_) => {
                Some("write numbers and h, m, s or ms, for example `1m30s`".to_owned())
            }
            Self::TooLong(_) => None,
        }
    }
}

const SECOND: u64 = 1_000_000_000;

/// The largest size of a negative duration; a positive one is one less.
const LIMIT: u64 = 1 << 63;

fn unit(name: &str) -> Option<u64> {
    match name {
        "ns" => Some(1),
        // The micro sign and the Greek letter.
        "us" | "\u{b5}s" | "\u{3bc}s" => Some(1_000),
        "ms" => Some(1_000_000),
        "s" => Some(SECOND),
        "m" => Some(60 * SECOND),
        "h" => Some(3600 * SECOND),
        _ => None,
    }
}

impl GoDuration {
    /// Returns the number of nanoseconds.
    pub const fn get(self) -> i64 {
        self.0
    }
}

impl FromStr for GoDuration {
    type Err = DurationError;

    fn from_str(text: &str) -> Result<Self, DurationError> {
        let (negative, mut rest) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        if rest == "0" {
            return Ok(Self(0));
        }
        if rest.is_empty() {
            return Err(DurationError::Malformed(text.to_owned()));
        }
        let mut total = 0_u64;
        while !rest.is_empty() {
            let (part, after) = component(rest, text)?;
            let too_long = || DurationError::TooLong(text.to_owned());
            total = total
                .checked_add(part)
                .filter(|sum| *sum <= LIMIT)
                .ok_or_else(too_long)?;
            rest = after;
        }
        let nanoseconds = signed(total, negative).map(Self);
        nanoseconds.ok_or_else(|| DurationError::TooLong(text.to_owned()))
    }
}

/// Reads a number and its unit at the start of `rest`; returns the nanoseconds and what follows.
fn component<'a>(rest: &'a str, text: &str) -> Result<(u64, &'a str), DurationError> {
    let digits_end = |text: &str| {
        text.find(|c: char| !c.is_ascii_digit())
            .unwrap_or(text.len())
    };
    let (whole, rest) = rest.split_at(digits_end(rest));
    let (fraction, rest) = match rest.strip_prefix('.') {
        Some(rest) => rest.split_at(digits_end(rest)),
        None => ("", rest),
    };
    if whole.is_empty() && fraction.is_empty() {
        return Err(DurationError::Malformed(text.to_owned()));
    }
    let end = rest
        .find(|c: char| c == '.' || c.is_ascii_digit())
        .unwrap_or(rest.len());
    let (name, rest) = rest.split_at(end);
    if name.is_empty() {
        return Err(DurationError::NoUnit(text.to_owned()));
    }
    let unit = unit(name).ok_or_else(|| DurationError::Unit {
        text: text.to_owned(),
        unit: name.to_owned(),
    })?;
    let whole = if whole.is_empty() {
        Some(0)
    } else {
        whole.parse().ok()
    };
    let nanoseconds = whole.and_then(|whole: u64| whole.checked_mul(unit));
    let nanoseconds = nanoseconds.and_then(|sum| sum.checked_add(fraction_of(fraction, unit)));
    let nanoseconds = nanoseconds.filter(|sum| *sum <= LIMIT);
    nanoseconds
        .map(|sum| (sum, rest))
        .ok_or_else(|| DurationError::TooLong(text.to_owned()))
}

/// Returns the part of a unit that `digits` behind the point stand for. Go calculates it in floating
/// point and truncates; so do we.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "truncation is what Go does; the result is below the unit"
)]
fn fraction_of(digits: &str, unit: u64) -> u64 {
    // As many digits as fit Go's 63 bits.
    let (mut value, mut scale) = (0_u64, 1_f64);
    for digit in digits.bytes().map(|byte| u64::from(byte - b'0')) {
        let longer = value
            .checked_mul(10)
            .and_then(|value| value.checked_add(digit));
        let Some(longer) = longer.filter(|longer| *longer <= LIMIT) else {
            break;
        };
        value = longer;
        scale *= 10.0;
    }
    (value as f64 * (unit as f64 / scale)) as u64
}

impl fmt::Display for GoDuration {
    /// Prints it as Go does: `1h0m30s`, `1.5s`, `100ms`, `0s`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let total = self.0.unsigned_abs();
        f.write_str(if self.0 < 0 { "-" } else { "" })?;
        match total {
            0 => f.write_str("0s"),
            1..1_000 => write!(f, "{total}ns"),
            1_000..1_000_000 => write!(f, "{}\u{b5}s", fraction(total, 1_000)),
            1_000_000..SECOND => write!(f, "{}ms", fraction(total, 1_000_000)),
            SECOND.. => {
                let (minutes, rest) = (total / (60 * SECOND), total % (60 * SECOND));
                let seconds = fraction(rest, SECOND);
                match (minutes / 60, minutes % 60) {
                    (0, 0) => write!(f, "{seconds}s"),
                    (0, minutes) => write!(f, "{minutes}m{seconds}s"),
                    (hours, minutes) => write!(f, "{hours}h{minutes}m{seconds}s"),
                }
            }
        }
    }
}

as_text!(GoDuration);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::docker::reads_back::reads_back;
    use proptest::prelude::*;
    use test_case::test_case;

    #[test_case("1m30s", 90_000_000_000, "1m30s")]
    #[test_case("1.5h", 5_400_000_000_000, "1h30m0s")]
    #[test_case("100ms", 100_000_000, "100ms")]
    #[test_case("1h0.5s", 3_600_500_000_000, "1h0m0.5s")]
    #[test_case("-.5us", -500, "-500ns")]
    #[test_case("1.s", 1_000_000_000, "1s")]
    #[test_case("+0", 0, "0s")]
    #[test_case("1\u{b5}s1\u{3bc}s", 2_000, "2\u{b5}s"; "micro sign and Greek letter")]
    #[test_case("-9223372036854775808ns", i64::MIN, "-2562047h47m16.854775808s")]
    fn durations_are_read_and_printed_as_go_does(text: &str, nanoseconds: i64, printed: &str) {
        let duration: GoDuration = text.parse().unwrap();
        assert_eq!(
            (duration.get(), duration.to_string().as_str()),
            (nanoseconds, printed)
        );
    }

    #[test_case("30", "write `30s` for seconds")]
    #[test_case("3d", "write numbers and h, m, s or ms, for example `1m30s`")]
    #[test_case("", "write numbers and h, m, s or ms, for example `1m30s`")]
    #[test_case("s", "write numbers and h, m, s or ms, for example `1m30s`")]
    #[test_case("1 s", "write numbers and h, m, s or ms, for example `1m30s`")]
    fn refusals_say_how_to_mend_them(text: &str, hint: &str) {
        assert_eq!(
            text.parse::<GoDuration>().unwrap_err().hint().unwrap(),
            hint
        );
    }

    #[test_case("9223372036854775808ns")]
    #[test_case("3000000h")]
    #[test_case("99999999999999999999s")]
    fn what_does_not_fit_is_refused(text: &str) {
        assert_eq!(
            text.parse::<GoDuration>(),
            Err(DurationError::TooLong(text.to_owned()))
        );
    }

    reads_back!(GoDuration, "[-+.0-9a-zµ]{0,10}");

    proptest! {
        #[test]
        fn what_is_printed_is_read_back(nanoseconds: i64) {
            let duration = GoDuration(nanoseconds);
            prop_assert_eq!(duration.to_string().parse(), Ok(duration));
        }
    }
}
