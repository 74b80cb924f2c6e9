//! What comes up while planning, besides the plan itself.

use super::error::PlanError;
use super::explanation::Explanation;
use crate::problem::{Problem, Problems};

/// Errors, notes and origins, collected on the way.
#[derive(Debug, Default)]
pub(super) struct Findings {
    pub(super) errors: Vec<PlanError>,
    pub(super) notes: Vec<String>,
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

    pub(super) fn into_problems(self) -> Problems {
        Problems(self.errors.into_iter().map(Problem::from).collect())
    }
}
