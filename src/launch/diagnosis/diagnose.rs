//! Looks evidence up in the table.

use super::evidence::Evidence;
use super::rules::{KEEP_WAITING, RULES};
use crate::problem::Problem;

/// Why something failed, what shows it, and what fixes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnosis {
    /// The rule's name, for machines.
    pub name: &'static str,
    /// One line, sentence case, no trailing period.
    pub cause: String,
    /// The line that shows it, if one does.
    pub evidence: Option<String>,
    /// What fixes it.
    pub fixes: Vec<String>,
    /// Whether what has it goes on and waits, instead of ending.
    pub keeps_waiting: bool,
}

impl Diagnosis {
    /// Adds the diagnosis to a problem: the cause to its causes, the fixes to its hints.
    #[must_use]
    pub fn explain(self, mut problem: Problem) -> Problem {
        problem.causes.insert(0, self.cause);
        problem.hints.extend(self.fixes);
        problem
    }
}

/// Returns the first failure of the table that fits.
pub fn diagnose(evidence: &Evidence) -> Option<Diagnosis> {
    RULES.iter().find_map(|rule| {
        let line = (rule.applies)(evidence)?;
        Some(Diagnosis {
            name: rule.name,
            cause: rule.cause.to_owned(),
            evidence: Some(line).filter(|line| !line.is_empty()),
            fixes: (rule.fixes)(evidence),
            keeps_waiting: KEEP_WAITING.contains(&rule.name),
        })
    })
}
