//! Numbers and booleans as docker's flags read them, that is as Go's `strconv` does.

use std::num::IntErrorKind;

/// What is wrong with a number or boolean.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NumberError {
    /// It is no number at all.
    #[error("`{0}` is not a whole number")]
    NotANumber(String),
    /// It is a number, but does not fit.
    #[error("`{0}` is out of range")]
    OutOfRange(String),
    /// It is no boolean.
    #[error("`{0}` is neither true nor false")]
    NotABoolean(String),
}

/// Reads a boolean: `1 t T true True TRUE` or `0 f F false False FALSE`.
pub fn boolean(text: &str) -> Result<bool, NumberError> {
    match text {
        "1" | "t" | "T" | "true" | "True" | "TRUE" => Ok(true),
        "0" | "f" | "F" | "false" | "False" | "FALSE" => Ok(false),
        _ => Err(NumberError::NotABoolean(text.to_owned())),
    }
}

/// Reads a decimal whole number with an optional sign (Go's `Atoi`).
pub fn decimal(text: &str) -> Result<i64, NumberError> {
    text.parse()
        .map_err(|error: std::num::ParseIntError| refuse(text, *error.kind()))
}

/// Reads a whole number as docker's integer flags do: the prefixes `0x`, `0o`, `0b` and a leading
/// zero choose the base, and `_` may separate digits after a prefix or between digits.
pub fn integer(text: &str) -> Result<i64, NumberError> {
    let (negative, digits) = match text.as_bytes().first() {
        Some(b'-') => (true, &text[1..]),
        Some(b'+') => (false, &text[1..]),
        _ => (false, text),
    };
    let size = magnitude(digits).map_err(|kind| refuse(text, kind))?;
    signed(size, negative).ok_or_else(|| NumberError::OutOfRange(text.to_owned()))
}

/// Gives a size its sign, if the result fits.
pub(super) fn signed(size: u64, is_negative: bool) -> Option<i64> {
    if is_negative {
        0_i64.checked_sub_unsigned(size)
    } else {
        i64::try_from(size).ok()
    }
}

/// Prints `value / unit` exactly, where the unit is a power of ten.
pub(super) fn fraction(value: u64, unit: u64) -> String {
    let width = unit.ilog10() as usize;
    let digits = format!("{}.{:0width$}", value / unit, value % unit);
    let digits = digits.trim_end_matches('0').trim_end_matches('.');
    digits.to_owned()
}

/// Removes the `_` that may stand between two digits; returns nothing if one stands elsewhere.
pub fn without_separators(text: &str) -> Option<String> {
    separators_are_valid(text, 10).then(|| text.replace('_', ""))
}

fn magnitude(digits: &str) -> Result<u64, IntErrorKind> {
    let (radix, rest) = base(digits);
    if !separators_are_valid(digits, radix) {
        return Err(IntErrorKind::InvalidDigit);
    }
    let plain = rest.replace('_', "");
    if plain.starts_with(['+', '-']) {
        return Err(IntErrorKind::InvalidDigit);
    }
    u64::from_str_radix(&plain, radix).map_err(|error| *error.kind())
}

/// Splits the prefix from a number. A lone `0` is decimal zero.
fn base(digits: &str) -> (u32, &str) {
    let prefix = digits.get(..2).map(str::to_ascii_lowercase);
    match prefix.as_deref() {
        Some("0x") => (16, &digits[2..]),
        Some("0o") => (8, &digits[2..]),
        Some("0b") => (2, &digits[2..]),
        _ if digits.len() > 1 && digits.starts_with('0') => (8, &digits[1..]),
        _ => (10, digits),
    }
}

/// Each `_` has a digit (or the base prefix) before it and a digit after it.
fn separators_are_valid(digits: &str, radix: u32) -> bool {
    let bytes = digits.as_bytes();
    let prefixed = bytes.len() > 2 && bytes[0] == b'0' && bytes[1].is_ascii_alphabetic();
    let digit = |at: usize| {
        bytes
            .get(at)
            .is_some_and(|b| char::from(*b).is_digit(radix))
    };
    bytes
        .iter()
        .enumerate()
        .filter(|(_, byte)| **byte == b'_')
        .all(|(at, _)| {
            let before = at > 0 && (digit(at - 1) || (prefixed && at == 2));
            before && digit(at + 1)
        })
}

fn refuse(text: &str, kind: IntErrorKind) -> NumberError {
    match kind {
        IntErrorKind::PosOverflow | IntErrorKind::NegOverflow => {
            NumberError::OutOfRange(text.to_owned())
        }
        _ => NumberError::NotANumber(text.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use test_case::test_case;

    #[test_case("0", Some(0))]
    #[test_case("-500", Some(-500))]
    #[test_case("+7", Some(7))]
    #[test_case("0x1F", Some(31))]
    #[test_case("010", Some(8))]
    #[test_case("0o10", Some(8))]
    #[test_case("0b11", Some(3))]
    #[test_case("1_000", Some(1000))]
    #[test_case("0x_ff", Some(255))]
    #[test_case("-9223372036854775808", Some(i64::MIN))]
    #[test_case("9223372036854775808", None)]
    #[test_case("", None)]
    #[test_case("-", None)]
    #[test_case("+-1", None)]
    #[test_case("1__0", None)]
    #[test_case("_1", None)]
    #[test_case("1_", None)]
    #[test_case("08", None)]
    #[test_case("0x", None)]
    #[test_case("1.5", None)]
    #[test_case(" 1", None)]
    fn integers_are_read_as_go_reads_base_zero(text: &str, value: Option<i64>) {
        assert_eq!(integer(text).ok(), value);
    }

    #[test]
    fn decimals_have_no_base() {
        assert_eq!(decimal("010"), Ok(10));
        assert!(decimal("0x10").is_err());
        assert_eq!(
            decimal("99999999999999999999"),
            Err(NumberError::OutOfRange("99999999999999999999".to_owned()))
        );
    }

    #[test_case("1_000.5", Some("1000.5"))]
    #[test_case("+1e1_0", Some("+1e10"))]
    #[test_case("1_.5", None)]
    #[test_case("1._5", None)]
    #[test_case("_1", None)]
    fn separators_stand_between_digits(text: &str, plain: Option<&str>) {
        assert_eq!(without_separators(text).as_deref(), plain);
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in ".{0,12}") {
            drop((integer(&text), decimal(&text), boolean(&text)));
        }

        #[test]
        fn what_is_printed_is_read_back(value: i64) {
            assert_eq!(integer(&value.to_string()), Ok(value));
        }
    }
}
