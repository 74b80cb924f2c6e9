//! `--cpus NUMBER`: how many processors a container may use.

use std::fmt;
use std::str::FromStr;

use super::as_text::as_text;
use super::hinted::hinted;
use super::number;

/// A number of processors, kept in billionths as the engine is sent it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cpus(i64);

/// Why a number of processors could not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CpusError {
    /// It is no number.
    #[error("`{0}` is not a number of CPUs")]
    NotANumber(String),
    /// It is no whole number of billionths.
    #[error("`{0}` CPUs is too precise")]
    TooPrecise(String),
    /// It is beyond everything.
    #[error("`{0}` CPUs is out of range")]
    OutOfRange(String),
}

hinted!(CpusError, "write a number such as `1.5`");

impl Cpus {
    /// Returns billionths of a processor.
    pub const fn get(self) -> i64 {
        self.0
    }
}

impl FromStr for Cpus {
    type Err = CpusError;

    /// Reads a decimal number with an optional exponent, or a fraction such as `1/2`. (Docker also
    /// reads other bases, which no one writes.)
    fn from_str(text: &str) -> Result<Self, CpusError> {
        let plain = number::without_separators(text);
        let read = plain.as_deref().and_then(Decimal::with_divisor);
        let (number, divisor) = read
            .filter(|(_, divisor)| *divisor != 0)
            .ok_or_else(|| CpusError::NotANumber(text.to_owned()))?;
        number.billionths(divisor, text).map(Self)
    }
}

/// `digits × 10^exponent`.
struct Decimal {
    digits: i128,
    exponent: i32,
}

impl Decimal {
    fn with_divisor(text: &str) -> Option<(Self, i128)> {
        let Some((number, divisor)) = text.split_once('/') else {
            return Some((Self::parse(text)?, 1));
        };
        let (digits, exponent) = (integer(number)?, 0);
        let divisor = integer(divisor).filter(|_| is_digits(divisor))?;
        Some((Self { digits, exponent }, divisor))
    }

    fn parse(text: &str) -> Option<Self> {
        let (mantissa, exponent) = match text.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, exponent.parse().ok()?),
            None => (text, 0_i32),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        if !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let digits = integer(&format!("{whole}{fraction}"))?;
        let exponent = exponent.checked_sub(i32::try_from(fraction.len()).ok()?)?;
        Some(Self { digits, exponent })
    }

    fn billionths(self, divisor: i128, text: &str) -> Result<i64, CpusError> {
        let out_of_range = || CpusError::OutOfRange(text.to_owned());
        if self.digits == 0 {
            return Ok(0);
        }
        let exponent = self.exponent.saturating_add(9);
        let power = 10_i128.checked_pow(exponent.unsigned_abs());
        let (dividend, divisor) = match (exponent >= 0, power) {
            (true, power) => (
                power.and_then(|power| self.digits.checked_mul(power)),
                Some(divisor),
            ),
            (false, power) => (
                Some(self.digits),
                power.and_then(|power| divisor.checked_mul(power)),
            ),
        };
        let dividend = dividend.ok_or_else(out_of_range)?;
        // A divisor that does not fit leaves less than a billionth.
        let divisor = divisor.filter(|divisor| dividend % divisor == 0);
        let divisor = divisor.ok_or_else(|| CpusError::TooPrecise(text.to_owned()))?;
        i64::try_from(dividend / divisor).map_err(|_| out_of_range())
    }
}

fn integer(text: &str) -> Option<i128> {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    text.parse().ok().filter(|_| is_digits(unsigned))
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

impl fmt::Display for Cpus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let size = number::fraction(self.0.unsigned_abs(), 1_000_000_000);
        write!(f, "{sign}{size}")
    }
}

as_text!(Cpus);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::docker::reads_back::reads_back;
    use proptest::prelude::*;
    use test_case::test_case;

    #[test_case("1.5", &Ok(1_500_000_000))]
    #[test_case("0", &Ok(0))]
    #[test_case(".5", &Ok(500_000_000))]
    #[test_case("2.", &Ok(2_000_000_000))]
    #[test_case("-1", &Ok(-1_000_000_000); "the engine refuses it")]
    #[test_case("1e2", &Ok(100_000_000_000))]
    #[test_case("5E-1", &Ok(500_000_000))]
    #[test_case("1_000", &Ok(1_000_000_000_000))]
    #[test_case("1/4", &Ok(250_000_000))]
    #[test_case("1/3", &Err(CpusError::TooPrecise("1/3".to_owned())))]
    #[test_case("1e-10", &Err(CpusError::TooPrecise("1e-10".to_owned())))]
    #[test_case("1e-99", &Err(CpusError::TooPrecise("1e-99".to_owned())))]
    #[test_case("1e99", &Err(CpusError::OutOfRange("1e99".to_owned())))]
    #[test_case("1/0", &Err(CpusError::NotANumber("1/0".to_owned())))]
    #[test_case("1/-2", &Err(CpusError::NotANumber("1/-2".to_owned())))]
    #[test_case(".", &Err(CpusError::NotANumber(".".to_owned())))]
    #[test_case("", &Err(CpusError::NotANumber(String::new())))]
    #[test_case("two", &Err(CpusError::NotANumber("two".to_owned())))]
    fn numbers_of_cpus_are_exact(text: &str, billionths: &Result<i64, CpusError>) {
        assert_eq!(&text.parse().map(Cpus::get), billionths);
    }

    reads_back!(Cpus, "[-+./e0-9]{0,8}");

    proptest! {
        #[test]
        fn what_is_printed_is_read_back(billionths: i64) {
            let cpus = Cpus(billionths);
            prop_assert_eq!(cpus.to_string().parse(), Ok(cpus));
        }
    }
}
