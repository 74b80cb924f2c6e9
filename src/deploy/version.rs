//! The version of Dynamo, by which flags are spelled.

use std::fmt;
use std::str::FromStr;

use pep440_rs::Version;

use crate::profile::Profile;

/// A released version, such as `1.4.2`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct DynamoVersion(Version);

impl DynamoVersion {
    /// Returns the version of Dynamo that a profile builds, as it is written there.
    pub fn of_profile(profile: &Profile) -> String {
        let component = profile.components.get("ai-dynamo");
        let version = component.and_then(|component| component.version.as_ref());
        version.map_or_else(String::new, |version| version.value.0.clone())
    }

    /// Returns whether this is a version from `major.minor` on.
    pub fn is_at_least(&self, major: u64, minor: u64) -> bool {
        self.0.release().iter().copied().take(2).ge([major, minor])
    }
}

impl FromStr for DynamoVersion {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let version = text.parse::<Version>();
        version.map(Self).map_err(|error| error.to_string())
    }
}

impl fmt::Display for DynamoVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use test_case::test_case;

    use super::*;

    #[test_case("1.4.2", true)]
    #[test_case("1.0.0", true)]
    #[test_case("1", false; "one number is before every release")]
    #[test_case("0.9.1", false)]
    #[test_case("1.5.0.dev20260101", true)]
    fn versions_compare_by_release(version: &str, expected: bool) {
        let version: DynamoVersion = version.parse().unwrap();
        assert_eq!(version.is_at_least(1, 0), expected);
    }
}
