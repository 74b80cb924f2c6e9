//! What is wrong with a list of arguments.

use crate::problem::{Problem, ProblemKind};

/// Why an argument list could not be taken apart.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FlagError {
    /// There is no such long flag.
    #[error("Unknown option `--{name}`")]
    Unknown {
        /// What was typed, without dashes and value.
        name: String,
        /// The flag that is most like it.
        similar: Option<&'static str>,
    },
    /// There is no such one-letter flag.
    #[error("Unknown option `-{letter}`{}", within(*letter, group))]
    UnknownShort {
        /// The letter.
        letter: char,
        /// What was left of the argument when the letter was met.
        group: String,
    },
    /// The arguments end where a value is due.
    #[error("`{0}` needs a value")]
    MissingValue(String),
    /// A switch was given a value that is no boolean.
    #[error("`{flag}` is either true or false, not `{value}`")]
    NotABoolean {
        /// The flag as typed.
        flag: String,
        /// The value.
        value: String,
    },
    /// It has the dashes of a flag, but no name.
    #[error("`{0}` is not an option")]
    Malformed(String),
}

impl FlagError {
    fn hint(&self) -> String {
        const READ: &str = "Read `dynrun --help`";
        match self {
            Self::Unknown { similar, .. } => match similar {
                Some(name) => format!("Did you mean `--{name}`?"),
                None => READ.to_owned(),
            },
            Self::UnknownShort { group, .. } if group.chars().count() > 1 => {
                "Long options start with two dashes".to_owned()
            }
            Self::UnknownShort { .. } => READ.to_owned(),
            Self::MissingValue(flag) => format!("Write `{flag} VALUE`"),
            Self::NotABoolean { flag, .. } => format!("Write `{flag}` alone, or `{flag}=false`"),
            Self::Malformed(_) => "Nothing behind a lone `--` is an option".to_owned(),
        }
    }
}

impl From<FlagError> for Problem {
    fn from(error: FlagError) -> Self {
        Self::from_error(ProblemKind::Usage, &error).hint(error.hint())
    }
}

/// Returns where a letter was met, unless it stands alone.
fn within(letter: char, group: &str) -> String {
    if group.chars().eq([letter]) {
        String::new()
    } else {
        format!(" in `-{group}`")
    }
}
