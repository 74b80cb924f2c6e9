//! What can be wrong with a profile as a whole.

use thiserror::Error;

use super::former::{FormerName, former_name};
use crate::problem::{Problem, ProblemKind};
use crate::toml_file::{FileError, Location, with_choices};

/// One thing that is wrong with a profile.
#[derive(Debug, Error)]
pub enum ProfileError {
    /// The file cannot be read, or a place in it is wrong.
    #[error(transparent)]
    File(#[from] FileError),
    /// The profile names itself differently from its file.
    #[error("`{}` says that its framework is `{framework}`", at.file.name)]
    NameMismatch {
        /// What the file says.
        framework: String,
        /// What its name says.
        expected: String,
        /// Where it says so.
        at: Location,
    },
    /// Two profiles claim one name.
    #[error("`{name}` names two frameworks: `{first}` and `{second}`")]
    AmbiguousName {
        /// The name or alias.
        name: String,
        /// One framework.
        first: String,
        /// The other one.
        second: String,
        /// Where the second claims it.
        at: Location,
    },
    /// No profile has this name.
    #[error("Unknown framework `{name}`")]
    UnknownFramework {
        /// What was asked for.
        name: String,
        /// The names that exist.
        known: Vec<String>,
    },
}

impl From<ProfileError> for Problem {
    fn from(error: ProfileError) -> Self {
        let problem = Self::from_error(ProblemKind::Usage, &error);
        match error {
            ProfileError::File(error) => error.into(),
            ProfileError::NameMismatch { expected, at, .. } => problem
                .excerpt(at.excerpt("another name than the file's"))
                .hint(format!(
                    "Write `framework = \"{expected}\"`, or rename the file"
                )),
            ProfileError::AmbiguousName { at, .. } => problem
                .excerpt(at.excerpt("already taken"))
                .hint("Give every framework its own name and aliases"),
            ProfileError::UnknownFramework { name, known } => {
                let former = former_name(&name)
                    .map(|FormerName { now, why }| format!("Did you mean `{now}`, {why}?"));
                let problem = with_choices(problem, "Frameworks", &name, &known);
                former.into_iter().fold(problem, Self::hint)
            }
        }
    }
}
