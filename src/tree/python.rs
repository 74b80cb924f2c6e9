//! Which Python a tree wants.

use std::fmt;
use std::str::FromStr as _;

use pep440_rs::{Version, VersionSpecifiers};

/// A `requires-python` as written, for example `>=3.10,<3.14`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequiresPython(String);

impl RequiresPython {
    /// Takes the text as written.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// Returns the text as written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns whether Python `minor`, such as `3.12`, has a release that will do; `None` if one of
    /// the two cannot be read, which pip and uv then say.
    pub fn accepts(&self, minor: &str) -> Option<bool> {
        let specifiers = VersionSpecifiers::from_str(&self.0).ok()?;
        Some(offers(&specifiers, minor)?.next().is_some())
    }
}

impl fmt::Display for RequiresPython {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// No minor version of Python has had more patches.
const PATCHES: u64 = 40;

/// Returns the releases of Python `minor` that `specifiers` allow; `None` if `minor` is no version.
pub fn offers(
    specifiers: &VersionSpecifiers,
    minor: &str,
) -> Option<impl Iterator<Item = Version>> {
    let minor = Version::from_str(minor).ok()?;
    let release = minor.release().to_vec();
    let patches = match release.len() {
        0..=2 => 0..PATCHES,
        _ => 0..1,
    };
    let all = patches.map(move |patch| match release.len() {
        0..=2 => Version::new(release.iter().copied().chain([patch])),
        _ => minor.clone(),
    });
    Some(all.filter(|version| specifiers.contains(version)))
}

#[cfg(test)]
mod tests {
    use test_case::test_case;

    use super::*;

    #[test_case(">=3.10", "3.11" => Some(true))]
    #[test_case(">=3.10,<3.13", "3.13" => Some(false); "too new")]
    #[test_case(">=3.12", "3.11" => Some(false); "too old")]
    #[test_case(">=3.11.4", "3.11" => Some(true); "a later patch will do")]
    #[test_case("==3.12.*", "3.12" => Some(true); "a wildcard")]
    #[test_case("!=3.12.*,>=3.10", "3.12" => Some(false); "left out")]
    #[test_case(">3.10", "3.10" => Some(true); "more than the first release")]
    #[test_case("nonsense", "3.12" => None)]
    #[test_case(">=3.10", "three" => None; "no version")]
    fn python_is_accepted(requires: &str, minor: &str) -> Option<bool> {
        RequiresPython::new(requires).accepts(minor)
    }
}
