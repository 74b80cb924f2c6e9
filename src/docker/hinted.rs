//! Errors of the grammars, and how they become problems.

use std::error::Error;

use crate::exit::Exit;
use crate::problem::Problem;

/// An error that may know what mends it.
///
/// The grammars serve both programs, which end with different codes, so the caller says which.
pub trait Hinted: Error + Sized {
    /// Returns what the reader can do, if that can be said.
    fn hint(&self) -> Option<String>;

    /// Turns the error into a problem that ends the program with `exit`.
    fn problem(&self, exit: Exit) -> Problem {
        let problem = Problem::from_error(exit, self);
        match self.hint() {
            Some(hint) => problem.hint(hint),
            None => problem,
        }
    }
}
