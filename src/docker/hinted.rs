//! Errors of the grammars, and how they become problems.

use std::error::Error;

use crate::problem::{Problem, ProblemKind};
use crate::suggest::closest;

/// An error of what was typed or written, which may know what fixes it.
pub trait Hinted: Error + Sized {
    /// Returns what the reader can do, if that can be said.
    fn hint(&self) -> Option<String>;

    /// Turns the error into a problem.
    fn problem(&self) -> Problem {
        let problem = Problem::from_error(ProblemKind::Usage, self);
        match self.hint() {
            Some(hint) => problem.hint(hint),
            None => problem,
        }
    }
}

/// Asks whether the known word that is most like `word` was meant; else says what `otherwise` makes
/// of all of them.
pub(super) fn similar_or<S: AsRef<str>>(
    word: &str,
    known: &[S],
    otherwise: impl FnOnce(&[S]) -> String,
) -> String {
    match closest(word, known.iter().map(AsRef::as_ref)) {
        Some(similar) => format!("did you mean `{similar}`?"),
        None => otherwise(known),
    }
}

/// Gives the same hint for everything that is wrong with a text.
macro_rules! hinted {
    ($error:ty, $hint:expr) => {
        impl $crate::docker::Hinted for $error {
            fn hint(&self) -> Option<String> {
                Some($hint.to_owned())
            }
        }
    };
}

pub(super) use hinted;
