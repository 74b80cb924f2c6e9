//! What is wrong with a list of arguments.

use crate::problem::{Problem, ProblemKind};

/// Why an argument list could not be taken apart.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FlagError {
    /// There is no such long flag.
    #[error("Unknown flag `--{name}`")]
    Unknown {
        /// What was typed, without dashes and value.
        name: String,
        /// The flag that is most like it.
        similar: Option<&'static str>,
    },
    /// There is no such one-letter flag.
    #[error("Unknown flag `-{letter}` in `-{group}`")]
    UnknownShort {
        /// The letter.
        letter: char,
        /// What was left of the argument when the letter was met.
        group: String,
    },
    /// The arguments end where a value is due.
    #[error("Flag `{flag}` needs a value")]
    MissingValue {
        /// The flag as typed.
        flag: String,
    },
    /// A switch was given a value that is no boolean.
    #[error("Flag `{flag}` is either true or false, not `{value}`")]
    NotABoolean {
        /// The flag as typed.
        flag: String,
        /// The value.
        value: String,
    },
    /// It has the dashes of a flag, but no name.
    #[error("`{argument}` is not a flag")]
    Malformed {
        /// The argument.
        argument: String,
    },
}

impl FlagError {
    fn hint(&self) -> Option<String> {
        match self {
            Self::Unknown { similar, .. } => {
                similar.map(|name| format!("Did you mean `--{name}`?"))
            }
            Self::UnknownShort { group, .. } if group.chars().count() > 1 => {
                Some("Long flags start with two dashes".to_owned())
            }
            Self::MissingValue { flag } => Some(format!("Write `{flag} VALUE`")),
            Self::NotABoolean { flag, .. } => {
                Some(format!("Write `{flag}` alone, or `{flag}=false`"))
            }
            Self::Malformed { .. } => Some("Everything after a lone `--` is not a flag".to_owned()),
            Self::UnknownShort { .. } => None,
        }
    }
}

impl From<FlagError> for Problem {
    fn from(error: FlagError) -> Self {
        let problem = Self::from_error(ProblemKind::Usage, &error);
        match error.hint() {
            Some(hint) => problem.hint(hint),
            None => problem,
        }
    }
}
