//! What comes up while planning, besides the plan itself.

use super::error::PlanError;
use super::explanation::Explanation;
use crate::problem::{Problem, Problems};

/// Errors, notes and origins, collected on the way.
#[derive(Debug, Default)]
pub(super) struct Findings {
    pub(super) errors: Vec<PlanError>,
    /// What is wrong with the fragments themselves.
    pub(super) fragments: Vec<Problem>,
    pub(super) notes: Vec<String>,
    /// What may well be a mistake, although the plan stands.
    pub(super) warnings: Vec<String>,
    pub(super) explanation: Explanation,
}

impl Findings {
    /// Notes an error; several targets may meet the same one.
    pub(super) fn error(&mut self, error: PlanError) {
        if !self.errors.contains(&error) {
            self.errors.push(error);
        }
    }

    /// Notes something that the user should know although the plan stands.
    pub(super) fn note(&mut self, note: String) {
        if !self.notes.contains(&note) {
            self.notes.push(note);
        }
    }

    /// Warns of something, once.
    pub(super) fn warn(&mut self, warning: String) {
        if !self.warnings.contains(&warning) {
            self.warnings.push(warning);
        }
    }

    /// Notes what is wrong with a fragment.
    pub(super) fn fragment(&mut self, problem: Problem) {
        if !self.fragments.contains(&problem) {
            self.fragments.push(problem);
        }
    }

    /// Returns all that is wrong, or nothing if all is well.
    pub(super) fn problems(&mut self) -> Option<Problems> {
        let errors = self.errors.drain(..).map(Problem::from);
        let problems: Vec<_> = errors.chain(self.fragments.drain(..)).collect();
        (!problems.is_empty()).then_some(Problems(problems))
    }
}
