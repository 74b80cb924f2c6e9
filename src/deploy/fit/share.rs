//! A share of memory, as engines take it: `0.9`.

use std::fmt;
use std::str::FromStr;

/// Thousandths; more than none, and not more than all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Share(pub(crate) u64);

impl FromStr for Share {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || "it is a fraction such as `0.9`, above 0 and up to 1".to_owned();
        let (whole, rest) = text.split_once('.').unwrap_or((text, ""));
        let digits = rest.bytes().all(|byte| byte.is_ascii_digit()) && rest.len() <= 3;
        let whole: u64 = whole.parse().map_err(|_| wrong())?;
        let thousandths: u64 = format!("{rest:0<3}").parse().map_err(|_| wrong())?;
        let share = whole.checked_mul(1000).map(|whole| whole + thousandths);
        let share = share.filter(|share| digits && (1..=1000).contains(share));
        share.map(Self).ok_or_else(wrong)
    }
}

impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = format!("{}.{:03}", self.0 / 1000, self.0 % 1000);
        f.write_str(text.trim_end_matches('0').trim_end_matches('.'))
    }
}

#[cfg(test)]
mod tests {
    use test_case::test_case;

    use super::*;

    #[test_case("0.9", Some("0.9"))]
    #[test_case("0.825", Some("0.825"))]
    #[test_case("1", Some("1"))]
    #[test_case("0", None; "nothing")]
    #[test_case("1.1", None; "more than all")]
    #[test_case("90%", None)]
    #[test_case("0.+5", None)]
    fn fractions_are_read(text: &str, expected: Option<&str>) {
        let shown = text.parse::<Share>().ok().map(|share| share.to_string());
        assert_eq!(shown.as_deref(), expected);
    }
}
