//! `--call`: what the Dockerfile frontend is asked for instead of an image.

use std::str::FromStr;

use super::attributes::{NoAttributes, attributes};
use super::hinted::Hinted;

/// What is asked, and how the answer is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Call {
    /// The question.
    pub question: Question,
    /// Whether the answer is wanted as JSON.
    pub json: bool,
}

/// A question to the Dockerfile frontend.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Question {
    /// None: a build.
    Build,
    /// What BuildKit's checks find.
    Check,
    /// What a target takes: arguments, secrets, caches.
    Outline,
    /// Which targets there are.
    Targets,
}

/// Why a text asks nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// It has not the form of a call.
    #[error("invalid call `{text}`: {reason}")]
    Form {
        /// What was written.
        text: String,
        /// The rule that it breaks.
        reason: NoAttributes,
    },
    /// No such question.
    #[error("unknown call `{0}`")]
    Unknown(String),
    /// No such format.
    #[error("unknown format `{0}` of a call")]
    Format(String),
}

impl Hinted for CallError {
    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Form { .. } | Self::Unknown(_) => {
                "use `build`, `check`, `outline` or `targets`".to_owned()
            }
            Self::Format(_) => "use `format=text` or `format=json`".to_owned(),
        })
    }
}

impl FromStr for Call {
    type Err = CallError;

    fn from_str(text: &str) -> Result<Self, CallError> {
        // The first field may be the method alone.
        let named = match text.split_once(',') {
            Some((method, _)) if !method.contains('=') => format!("method={text}"),
            _ => text.to_owned(),
        };
        let mut fields = attributes(&named, "method").map_err(|reason| CallError::Form {
            text: text.to_owned(),
            reason,
        })?;
        let method = fields.remove("method").unwrap_or_default();
        let question = match method.as_str() {
            "" | "build" => Question::Build,
            "check" | "lint" => Question::Check,
            "outline" => Question::Outline,
            "targets" => Question::Targets,
            _ => return Err(CallError::Unknown(method)),
        };
        let json = match fields.remove("format").as_deref() {
            None | Some("text") => false,
            Some("json") => true,
            Some(other) => return Err(CallError::Format(other.to_owned())),
        };
        Ok(Self { question, json })
    }
}

impl Question {
    /// Returns the frontend's word for it; a build is no question.
    pub fn request_id(self) -> Option<&'static str> {
        match self {
            Self::Build => None,
            Self::Check => Some("frontend.lint"),
            Self::Outline => Some("frontend.outline"),
            Self::Targets => Some("frontend.targets"),
        }
    }
}

#[cfg(test)]
mod tests {
    use test_case::test_case;

    use super::*;

    #[test_case("check" => Ok((Question::Check, false)))]
    #[test_case("lint,format=json" => Ok((Question::Check, true)))]
    #[test_case("outline,format=text" => Ok((Question::Outline, false)))]
    #[test_case("method=targets" => Ok((Question::Targets, false)))]
    #[test_case("outlin" => Err("unknown call `outlin`".into()))]
    #[test_case("check,format=xml" => Err("unknown format `xml` of a call".into()))]
    fn calls(text: &str) -> Result<(Question, bool), String> {
        let call = text.parse::<Call>().map_err(|error| error.to_string())?;
        Ok((call.question, call.json))
    }
}
