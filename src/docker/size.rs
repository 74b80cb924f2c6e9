//! Sizes as docker reads them: `64m`, `1.5GiB`, `10 g`. Units are always binary.

use std::fmt;
use std::str::FromStr;

use super::as_text::as_text;
use super::hinted::Hinted;
use super::number;

/// A number of bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ByteSize(u64);

/// Why a size could not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SizeError {
    /// There is no number.
    #[error("`{0}` is not a size")]
    NotASize(String),
    /// The number is below zero.
    #[error("size `{0}` is negative")]
    Negative(String),
    /// What follows the number is no unit.
    #[error("size `{text}` has an unknown unit `{unit}`")]
    Unit {
        /// The whole text.
        text: String,
        /// What follows the number.
        unit: String,
    },
    /// It is more than 8 EiB.
    #[error("size `{0}` is too large")]
    TooLarge(String),
}

impl Hinted for SizeError {
    fn hint(&self) -> Option<String> {
        match self {
            Self::NotASize(_) | Self::Unit { .. } => {
                Some("write a number and b, k, m, g, t or p, for example `10g`".to_owned())
            }
            Self::Negative(_) | Self::TooLarge(_) => None,
        }
    }
}

/// Letters of the units, each 1024 times the one before.
const UNITS: &[char] = &['k', 'm', 'g', 't', 'p'];

impl ByteSize {
    /// Wraps a number of bytes.
    pub const fn bytes(bytes: u64) -> Self {
        Self(bytes)
    }

    /// Returns the number of bytes.
    pub const fn get(self) -> u64 {
        self.0
    }
}

impl FromStr for ByteSize {
    type Err = SizeError;

    /// Reads a size. Differs from docker's in nothing that makes sense: the forms of Go's floating
    /// point that no one types (hexadecimal, infinite, not a number) and what does not fit are refused.
    fn from_str(text: &str) -> Result<Self, SizeError> {
        let (number, unit) = split(text).ok_or_else(|| SizeError::NotASize(text.to_owned()))?;
        let number =
            number::without_separators(number).and_then(|number| number.parse::<f64>().ok());
        let number = number
            .filter(|number| number.is_finite())
            .ok_or_else(|| SizeError::NotASize(text.to_owned()))?;
        if number < 0.0 {
            return Err(SizeError::Negative(text.to_owned()));
        }
        let factor = factor(unit).ok_or_else(|| SizeError::Unit {
            text: text.to_owned(),
            unit: unit.to_owned(),
        })?;
        truncate(number * factor)
            .map(Self)
            .ok_or_else(|| SizeError::TooLarge(text.to_owned()))
    }
}

/// Splits behind the last digit or point; one space between number and unit is dropped.
fn split(text: &str) -> Option<(&str, &str)> {
    let at = text.rfind(|c: char| c.is_ascii_digit() || c == '.' || c == ' ')?;
    let (number, unit) = text.split_at(at + 1);
    Some((number.strip_suffix(' ').unwrap_or(number), unit))
}

fn factor(unit: &str) -> Option<f64> {
    let unit = unit.to_lowercase();
    if matches!(unit.as_str(), "" | "b") {
        return Some(1.0);
    }
    let mut letters = unit.chars();
    let first = letters.next()?;
    let power = UNITS.iter().position(|letter| *letter == first)? + 1;
    let power = i32::try_from(power).ok()?;
    matches!(letters.as_str(), "" | "b" | "ib").then(|| 1024_f64.powi(power))
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "docker truncates fractions of a byte; the range is checked"
)]
fn truncate(bytes: f64) -> Option<u64> {
    // 2^63: the engine's sizes are signed.
    (bytes < 9_223_372_036_854_775_808.0).then_some(bytes as u64)
}

impl fmt::Display for ByteSize {
    /// Prints the shortest exact form: `64m`, `1g`, `1000`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut size = self.0;
        let mut unit = String::new();
        for letter in UNITS {
            if size == 0 || !size.is_multiple_of(1024) {
                break;
            }
            size /= 1024;
            unit = letter.to_string();
        }
        write!(f, "{size}{unit}")
    }
}

as_text!(ByteSize);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::docker::reads_back::reads_back;
    use proptest::prelude::*;
    use test_case::test_case;

    #[test_case("10g", Some(10 << 30))]
    #[test_case("10G", Some(10 << 30))]
    #[test_case("1.5 GiB", Some(3 << 29))]
    #[test_case(".5b", Some(0))]
    #[test_case("1e3", Some(1000))]
    #[test_case("-0", Some(0))]
    #[test_case("5.", Some(5))]
    #[test_case("1p", Some(1 << 50))]
    #[test_case("1_0.5k", Some(10_752))]
    #[test_case("1__0k", None)]
    #[test_case("1e", None)]
    #[test_case("1bb", None)]
    #[test_case("1 0k", None)]
    #[test_case("1  k", None)]
    #[test_case("-1", None)]
    #[test_case("inf ", None)]
    #[test_case("9000p", None)]
    fn sizes_are_binary(text: &str, bytes: Option<u64>) {
        assert_eq!(text.parse::<ByteSize>().ok().map(ByteSize::get), bytes);
    }

    #[test_case(0, "0")]
    #[test_case(1000, "1000")]
    #[test_case(1536, "1536")]
    #[test_case(64 << 20, "64m")]
    #[test_case(3 << 29, "1536m")]
    #[test_case(1 << 60, "1024p")]
    #[test_case(1_234_567_890, "1234567890")]
    fn sizes_are_printed_exactly(bytes: u64, exact: &str) {
        assert_eq!(ByteSize::bytes(bytes).to_string(), exact);
    }

    reads_back!(ByteSize, ".{0,12}");

    proptest! {
        #[test]
        fn what_is_printed_is_read_back(bytes in 0..1_u64 << 53) {
            let size = ByteSize::bytes(bytes);
            prop_assert_eq!(size.to_string().parse(), Ok(size));
        }
    }
}
