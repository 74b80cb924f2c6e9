//! `--restart POLICY[:RETRIES]`.

use std::fmt;
use std::str::FromStr;

use super::as_text::as_text;
use super::hinted::hinted;
use super::number;

/// When the engine starts a container again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RestartPolicy {
    /// When.
    pub mode: RestartMode,
    /// How often at most, for failures; 0 is without limit.
    pub retries: i64,
}

/// The policies.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum RestartMode {
    /// None was given; for the engine as good as [`Self::No`].
    #[default]
    Unset,
    /// Never.
    No,
    /// Whenever it ends, and when the engine starts.
    Always,
    /// As always, unless it was stopped before the engine ended.
    UnlessStopped,
    /// When it ends with an error.
    OnFailure,
    /// One that we do not know; the engine decides.
    Other(String),
}

impl RestartMode {
    /// Returns the word that stands for the policy.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Unset => "",
            Self::No => "no",
            Self::Always => "always",
            Self::UnlessStopped => "unless-stopped",
            Self::OnFailure => "on-failure",
            Self::Other(word) => word,
        }
    }
}

/// Why a policy could not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RestartError {
    /// There is nothing before the colon.
    #[error("restart policy `{0}` has no name before its colon")]
    NoName(String),
    /// The number of retries is none.
    #[error("restart policy `{0}` has a wrong number of retries")]
    Retries(String),
}

hinted!(
    RestartError,
    "write no, always, unless-stopped, on-failure or `on-failure:3`"
);

impl RestartPolicy {
    /// Returns whether the container is never started again.
    pub fn is_none(&self) -> bool {
        matches!(self.mode, RestartMode::Unset | RestartMode::No)
    }
}

impl FromStr for RestartPolicy {
    type Err = RestartError;

    fn from_str(text: &str) -> Result<Self, RestartError> {
        let (name, retries) = text.split_once(':').unwrap_or((text, ""));
        let mode = match name {
            "" if text.is_empty() => RestartMode::Unset,
            "" => return Err(RestartError::NoName(text.to_owned())),
            "no" => RestartMode::No,
            "always" => RestartMode::Always,
            "unless-stopped" => RestartMode::UnlessStopped,
            "on-failure" => RestartMode::OnFailure,
            other => RestartMode::Other(other.to_owned()),
        };
        let retries = match retries {
            "" => 0,
            digits => {
                number::decimal(digits).map_err(|_| RestartError::Retries(text.to_owned()))?
            }
        };
        Ok(Self { mode, retries })
    }
}

impl fmt::Display for RestartPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.mode.as_str())?;
        if self.retries == 0 {
            Ok(())
        } else {
            write!(f, ":{}", self.retries)
        }
    }
}

as_text!(RestartPolicy);

#[cfg(test)]
mod tests {
    use super::*;
    use test_case::test_case;

    #[test_case("", "", true)]
    #[test_case("no", "no", true)]
    #[test_case("always:", "always", false)]
    #[test_case("on-failure:3", "on-failure:3", false)]
    #[test_case("sometimes", "sometimes", false; "the engine refuses it")]
    fn policies_are_read_as_docker_does(text: &str, printed: &str, none: bool) {
        let policy: RestartPolicy = text.parse().unwrap();
        assert_eq!(
            (policy.to_string().as_str(), policy.is_none()),
            (printed, none)
        );
    }

    #[test_case(":3", RestartError::NoName(":3".to_owned()))]
    #[test_case("on-failure:x", RestartError::Retries("on-failure:x".to_owned()))]
    fn broken_policies_are_refused(text: &str, error: RestartError) {
        assert_eq!(text.parse::<RestartPolicy>(), Err(error));
    }
}
