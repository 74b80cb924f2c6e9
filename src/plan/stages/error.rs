//! What can be wrong with fragments, and how it is told.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

use crate::exit::Exit;
use crate::problem::{Excerpt, Problem};

/// Why fragments cannot be read, parsed or joined.
#[derive(Debug, Error)]
pub enum StagesError {
    /// A directory of fragments or a file in it cannot be read.
    #[error("Cannot read the Dockerfile fragments of `{}`", path.display())]
    Read {
        /// The directory.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// No fragment has this name.
    #[error("There is no Dockerfile fragment `{name}`")]
    MissingFragment {
        /// The name asked for.
        name: String,
        /// The name that is most like it.
        closest: Option<String>,
        /// All names.
        known: Vec<String>,
    },
    /// A fragment is no valid Dockerfile.
    #[error("Cannot parse the Dockerfile fragment: {reason}")]
    Syntax {
        /// What the parser says.
        reason: String,
        /// Where.
        at: Box<Excerpt>,
    },
    /// Two fragments give one global argument different defaults.
    #[error("Two fragments give the argument `{name}` different defaults")]
    ConflictingDefaults {
        /// The argument.
        name: String,
        /// The second one.
        second: Box<Excerpt>,
        /// The first one.
        first: Box<Excerpt>,
    },
    /// Two stages have one name.
    #[error("The stage `{name}` is defined twice")]
    DuplicateStage {
        /// The name.
        name: String,
        /// The second one.
        second: Box<Excerpt>,
        /// The first one.
        first: Box<Excerpt>,
    },
    /// A parser directive that would change how the other fragments are read.
    #[error("A fragment cannot have the parser directive `{directive}`")]
    Directive {
        /// The directive.
        directive: &'static str,
        /// Where.
        at: Box<Excerpt>,
    },
    /// The stage to build is in no fragment.
    #[error("There is no stage `{name}`")]
    UnknownStage {
        /// The stage asked for.
        name: String,
        /// The one that is most like it.
        closest: Option<String>,
        /// All stages.
        known: Vec<String>,
    },
}

impl From<StagesError> for Problem {
    fn from(error: StagesError) -> Self {
        let problem = Self::from_error(Exit::Usage, &error);
        match error {
            StagesError::Read { .. } => problem
                .hint("Make the directory readable, or name another one with `--profile-dir`"),
            StagesError::MissingFragment { closest, known, .. } => {
                with_names(problem, closest, &known, "fragments")
            }
            StagesError::UnknownStage { closest, known, .. } => {
                with_names(problem, closest, &known, "stages")
            }
            StagesError::Syntax { at, .. } => problem.excerpt(*at).hint(
                "The instructions are listed at https://docs.docker.com/reference/dockerfile",
            ),
            StagesError::Directive { at, .. } => problem
                .excerpt(*at)
                .hint("Remove the line: it would count for all fragments or for none"),
            StagesError::ConflictingDefaults { second, first, .. } => problem
                .excerpt(*second)
                .excerpt(*first)
                .hint("Leave the default to one of them, or give the value in the profile"),
            StagesError::DuplicateStage { second, first, .. } => problem
                .excerpt(*second)
                .excerpt(*first)
                .hint("Rename one of the stages"),
        }
    }
}

fn with_names(problem: Problem, closest: Option<String>, known: &[String], what: &str) -> Problem {
    let problem = problem.hint(format!("The {what} are `{}`", known.join("`, `")));
    match closest {
        Some(name) => problem.hint(format!("Did you mean `{name}`?")),
        None => problem,
    }
}
