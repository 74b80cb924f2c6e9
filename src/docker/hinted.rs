//! Errors of the grammars, and how they become problems.

use std::error::Error;

use crate::problem::{Problem, ProblemKind};

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
