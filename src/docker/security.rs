//! `--security-opt NAME[=VALUE]`.

use std::str::FromStr;

use super::hinted::hinted;

/// A security option. The engine reads most of them; some the client has to act on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecurityOption {
    /// `systempaths=unconfined`: nothing below `/proc` and `/sys` is masked or read-only. The engine
    /// has other fields for it and is not sent the option.
    UnmaskedPaths,
    /// `seccomp=FILE`: the client sends the content of the file in its place.
    SeccompFile(String),
    /// Sent to the engine as it is.
    Other(String),
}

/// An option without the value that it needs.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("security option `{0}` has no value")]
pub struct SecurityOptionError(String);

hinted!(
    SecurityOptionError,
    "write `no-new-privileges`, or `NAME=VALUE` such as `seccomp=unconfined`"
);

impl FromStr for SecurityOption {
    type Err = SecurityOptionError;

    fn from_str(text: &str) -> Result<Self, SecurityOptionError> {
        let bare = text == "no-new-privileges";
        // The colon is docker's older spelling.
        let pair = text
            .split_once('=')
            .or_else(|| text.split_once(':').filter(|_| !bare));
        match pair {
            Some(("systempaths", "unconfined")) if text.contains('=') => Ok(Self::UnmaskedPaths),
            Some(("seccomp", file)) if !matches!(file, "" | "builtin" | "unconfined") => {
                Ok(Self::SeccompFile(file.to_owned()))
            }
            Some((name, value)) if !value.is_empty() || name == "no-new-privileges" => {
                Ok(Self::Other(text.to_owned()))
            }
            None if bare => Ok(Self::Other(text.to_owned())),
            _ => Err(SecurityOptionError(text.to_owned())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use test_case::test_case;

    #[test_case("no-new-privileges")]
    #[test_case("no-new-privileges=false")]
    #[test_case("seccomp=unconfined")]
    #[test_case("label:disable"; "older spelling")]
    #[test_case("systempaths:unconfined"; "not the spelling that the client knows")]
    fn most_options_are_for_the_engine(text: &str) {
        assert_eq!(text.parse(), Ok(SecurityOption::Other(text.to_owned())));
    }

    #[test]
    fn some_options_are_for_the_client() {
        assert_eq!(
            "systempaths=unconfined".parse(),
            Ok(SecurityOption::UnmaskedPaths)
        );
        let file = SecurityOption::SeccompFile("./profile.json".to_owned());
        assert_eq!("seccomp=./profile.json".parse(), Ok(file.clone()));
        assert_eq!("seccomp:./profile.json".parse(), Ok(file));
    }

    #[test_case("")]
    #[test_case("seccomp")]
    #[test_case("seccomp=")]
    #[test_case("label:")]
    fn options_without_a_value_are_refused(text: &str) {
        assert!(text.parse::<SecurityOption>().is_err());
    }
}
