//! What can be wrong with fragments, and how it is told.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

use crate::dockerfile::{Mistake, SyntaxError};
use crate::problem::{Excerpt, Problem, ProblemKind};

/// Why fragments cannot be read, parsed or joined.
#[derive(Debug, Error)]
pub enum StagesError {
    /// A directory of fragments or a file in it cannot be read.
    #[error("Cannot read the Dockerfile fragments of `{}`", path.display())]
    Read {
        /// The directory or file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// Something in a directory of fragments that we do not read.
    #[error("The Dockerfile fragment `{}` {why}", path.display())]
    Refused {
        /// What it is.
        path: PathBuf,
        /// Why, as the rest of a sentence.
        why: &'static str,
    },
    /// An instruction that is not UTF-8.
    #[error("A line of the Dockerfile fragment is not UTF-8")]
    NotUtf8 {
        /// Where.
        at: Box<Excerpt>,
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
        /// What is wrong.
        reason: SyntaxError,
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
    /// Two fragments want to be read in different ways.
    #[error("Two fragments have different `{directive}` directives")]
    ConflictingDirectives {
        /// The directive.
        directive: &'static str,
        /// The second one.
        second: Box<Excerpt>,
        /// The first one.
        first: Box<Excerpt>,
    },
    /// Options of BuildKit's checks that it would not take.
    #[error("The `check` directive is not one that BuildKit takes")]
    Check {
        /// Where.
        at: Box<Excerpt>,
    },
    /// A stage by a number that means another one, or none, once fragments are joined.
    #[error("The stage number {number} is not clear: this fragment has {count} of the stages")]
    StageNumber {
        /// The number.
        number: usize,
        /// How many stages the fragment has.
        count: usize,
        /// Where.
        at: Box<Excerpt>,
    },
    /// A fragment ends in a continued line that no edit closes without changing what it says.
    #[error("The fragment ends in a continued line that cannot be closed")]
    OpenEnd {
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
        let problem = Self::from_error(ProblemKind::Usage, &error);
        match error {
            StagesError::Read { .. } => problem
                .hint("Make the directory readable, or name another one with `--profile-dir`"),
            StagesError::MissingFragment { closest, known, .. } => {
                with_names(problem, closest, &known, "fragments")
            }
            StagesError::UnknownStage { closest, known, .. } => {
                with_names(problem, closest, &known, "stages")
            }
            StagesError::Refused { .. } => {
                problem.hint("Remove it, or put a file of its own in its place")
            }
            StagesError::NotUtf8 { at } => problem
                .excerpt(*at)
                .hint("Save the file as UTF-8; only comments may be in another encoding"),
            StagesError::Syntax { at, reason } => {
                let hint = match &reason.mistake {
                    Mistake::BeforeFrom(word) if is_of_a_template(word) => {
                        "This is a Jinja template: use the file that is rendered from it, for Dynamo's \
                         own that of `container/render.py`"
                    }
                    _ => "The instructions are listed at https://docs.docker.com/reference/dockerfile",
                };
                problem.excerpt(*at).hint(hint)
            }
            StagesError::ConflictingDirectives { second, first, .. } => problem
                .excerpt(*second)
                .excerpt(*first)
                .hint("Write the same directive in both: one Dockerfile is made of them"),
            StagesError::Check { at } => problem
                .excerpt(*at)
                .hint("Write `skip=RULE,RULE`, `experimental=RULE` or `error=true`, with `;` between them"),
            StagesError::OpenEnd { at } => problem
                .excerpt(*at)
                .hint("Remove the escapes at the end of the line, or write the words that follow them"),
            StagesError::StageNumber { at, .. } => problem
                .excerpt(*at)
                .hint("Name the stage: `FROM … AS name` and `--from=name`"),
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

/// A statement, an expression or a comment of Jinja.
fn is_of_a_template(word: &str) -> bool {
    ["{%", "{{", "{#"]
        .iter()
        .any(|start| word.starts_with(start))
}
