//! Versions of the Engine API.

use std::fmt;
use std::str::FromStr;

/// A version of the Engine API, for example 1.51.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ApiVersion {
    /// The part before the point; 1 since ever.
    pub major: u32,
    /// The part after the point, which grows with each release that adds to the API.
    pub minor: u32,
}

/// A text that is no version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not of the form `1.51`")]
pub struct NoApiVersion;

impl ApiVersion {
    /// Names a version.
    pub const fn new(major: u32, minor: u32) -> Self {
        Self { major, minor }
    }
}

impl fmt::Display for ApiVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

impl FromStr for ApiVersion {
    type Err = NoApiVersion;

    fn from_str(text: &str) -> Result<Self, NoApiVersion> {
        let (major, minor) = text.split_once('.').ok_or(NoApiVersion)?;
        let number = |text: &str| text.parse().map_err(|_| NoApiVersion);
        Ok(Self::new(number(major)?, number(minor)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_compare_as_numbers() {
        let parse = |text: &str| text.parse::<ApiVersion>();
        assert!(parse("1.9").unwrap() < parse("1.51").unwrap());
        assert_eq!(parse("1.51").unwrap().to_string(), "1.51");
        assert!(parse("latest").is_err());
    }
}
