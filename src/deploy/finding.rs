//! What is wrong with a deployment, or worth a remark.

use crate::problem::{Problem, ProblemKind};
use crate::toml_file::Location;

/// How much a finding matters; the worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// It cannot work.
    Error,
    /// It works, but most likely not as meant.
    Warning,
    /// Worth to know.
    Note,
}

/// One finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// How much it matters.
    pub severity: Severity,
    /// What it is, in one line.
    pub message: String,
    /// The key that it is about.
    pub at: Option<Location>,
    /// What to do.
    pub hint: Option<String>,
}

impl Finding {
    /// Something that cannot work.
    pub fn error(message: impl Into<String>) -> Self {
        Self::new(Severity::Error, message)
    }

    /// Something that is most likely not meant.
    pub fn warning(message: impl Into<String>) -> Self {
        Self::new(Severity::Warning, message)
    }

    /// Something worth to know.
    pub fn note(message: impl Into<String>) -> Self {
        Self::new(Severity::Note, message)
    }

    fn new(severity: Severity, message: impl Into<String>) -> Self {
        Self {
            severity,
            message: message.into(),
            at: None,
            hint: None,
        }
    }

    /// Returns whether it makes the deployment impossible.
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }

    /// Adds the place of the key.
    #[must_use]
    pub fn at(mut self, at: &Location) -> Self {
        self.at = Some(at.clone());
        self
    }

    /// Adds the place of the key, if there is one.
    #[must_use]
    pub fn at_maybe(mut self, at: Option<&Location>) -> Self {
        self.at = at.cloned();
        self
    }

    /// Adds what to do.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

impl From<Finding> for Problem {
    fn from(finding: Finding) -> Self {
        let mut problem = Self::new(ProblemKind::Usage, finding.message);
        if let Some(at) = finding.at {
            problem = problem.excerpt(at.excerpt("here"));
        }
        problem.hints.extend(finding.hint);
        problem
    }
}
