//! How a target ended, for those who watch and for those who want to know why.

use std::error::Error;
use std::sync::{Mutex, PoisonError};

use super::event::{BuiltTarget, TargetOutcome};
use super::gate::NeverOpened;
use super::smoke::SmokeFailure;
use crate::buildkit::export::ExportResponse;
use crate::buildkit::progress::SolveStatus;
use crate::buildkit::{Digest, SolveError};
use crate::problem::{Problem, ProblemKind, Problems};

/// How one target ended.
#[derive(Debug)]
pub struct Finished {
    /// The target's name in the plan.
    pub target: String,
    /// Names under which the image is to be had now, also if something else failed afterwards.
    pub published: Vec<String>,
    /// What was uploaded and has no name, as `repository@digest`.
    pub unnamed: Vec<String>,
    /// What was made of it, or why not.
    pub outcome: Result<Built, Problems>,
    /// The ids of secrets that the step which failed mounts and this build does not have.
    pub absent_secrets: Vec<String>,
    /// All that the step which failed wrote, or why that is not known; none if it is not wanted.
    /// Secrets are in it as the step wrote them.
    pub output: Option<Result<Vec<u8>, String>>,
}

/// What was made of a target.
#[derive(Clone, Debug, Default)]
pub struct Built {
    /// The image, if one was made.
    pub image: BuiltTarget,
    /// What the exporters said.
    pub response: ExportResponse,
}

/// A target that failed.
#[derive(Debug)]
pub(super) struct Failure {
    pub(super) outcome: TargetOutcome,
    pub(super) problems: Problems,
    /// Names that were pushed all the same.
    pub(super) published: Vec<String>,
    /// The ids of secrets that the failed step mounts and this build does not have.
    pub(super) absent_secrets: Vec<String>,
    /// All that the failed step wrote, if that is wanted.
    pub(super) output: Option<Result<Vec<u8>, String>>,
}

impl Failure {
    pub(super) fn new(outcome: TargetOutcome, problems: impl Into<Problems>) -> Self {
        Self {
            outcome,
            problems: problems.into(),
            published: Vec::new(),
            absent_secrets: Vec::new(),
            output: None,
        }
    }

    /// Makes a failure of problems that are no step's.
    pub(super) fn of(problems: Problems) -> Self {
        Self::new(failed(&problems, None), problems)
    }

    /// Says that a target was stopped.
    pub(super) fn cancelled() -> Self {
        Self::new(TargetOutcome::Cancelled, SolveError::Cancelled)
    }
}

/// Why a target that is built is not exported.
#[derive(Debug)]
pub(super) enum Refusal {
    /// It did not pass a smoke test.
    Smoke(SmokeFailure),
    /// The others did not get as far.
    Gate(NeverOpened),
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Smoke(SmokeFailure { vertex, problems }) => {
                Self::new(failed(&problems, vertex), problems)
            }
            Refusal::Gate(NeverOpened::Cancelled) => Self::cancelled(),
            Refusal::Gate(NeverOpened::Failed) => Self::withheld(),
        }
    }
}

impl Failure {
    /// Says that a target is good, and that nobody gets it because another one is not.
    pub(super) fn withheld() -> Self {
        // Of no interest next to the failure itself, as a cancelled target is.
        let problem = Problem::new(
            ProblemKind::Cancelled,
            "Not published: another target failed",
        );
        Self::new(TargetOutcome::Withheld, problem)
    }
}

pub(super) fn failed(problems: &Problems, vertex: Option<Digest>) -> TargetOutcome {
    let error = problems.0.first().map(ToString::to_string);
    TargetOutcome::Failed {
        error: error.unwrap_or_default(),
        vertex,
    }
}

/// Returns how a target ended that the engine did not build.
pub(super) fn outcome(error: &SolveError) -> TargetOutcome {
    match error {
        SolveError::Cancelled => TargetOutcome::Cancelled,
        SolveError::Failed(failure) => TargetOutcome::Failed {
            error: failure.message.clone(),
            vertex: failure.vertex.clone(),
        },
        SolveError::Unsupported(_) | SolveError::Lost(_) | SolveError::Layout(_) => {
            let mut source = Some(error as &dyn Error);
            let reasons = std::iter::from_fn(|| {
                let reason = source?;
                source = reason.source();
                Some(reason.to_string())
            });
            TargetOutcome::Failed {
                error: reasons.collect::<Vec<_>>().join(": "),
                vertex: None,
            }
        }
    }
}

/// The names under which BuildKit has pushed, by its own report: a build that fails afterwards has
/// published them.
#[derive(Debug, Default)]
pub(super) struct Pushed(Mutex<Vec<String>>);

impl Pushed {
    pub(super) fn note(&self, status: &SolveStatus) {
        let done = status
            .statuses
            .iter()
            .filter(|status| status.completed.is_some());
        let pushed = done.filter_map(|status| status.id.strip_prefix("pushing manifest for "));
        let mut names = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for name in pushed {
            if !names.iter().any(|known| known == name) {
                names.push(name.to_owned());
            }
        }
    }

    /// Returns the names.
    pub(super) fn names(&self) -> Vec<String> {
        let pushed = self.manifests().into_iter();
        let names = pushed.map(|name| match name.split_once('@') {
            Some((name, _)) => name.to_owned(),
            None => name,
        });
        names.collect()
    }

    /// Returns the names with the digests that they were pushed with.
    pub(super) fn manifests(&self) -> Vec<String> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::buildkit::progress::VertexStatus;

    #[test]
    fn what_buildkit_has_pushed_is_known() {
        let status = |id: &str, completed| VertexStatus {
            id: id.into(),
            completed,
            ..VertexStatus::default()
        };
        let pushed = Pushed::default();
        pushed.note(&SolveStatus {
            statuses: vec![
                status(
                    "pushing manifest for r:5000/x:1@sha256:ab",
                    Some(Timestamp::UNIX_EPOCH),
                ),
                status("pushing manifest for r:5000/y:1@sha256:ab", None),
                status("pushing layers", Some(Timestamp::UNIX_EPOCH)),
            ],
            ..SolveStatus::default()
        });
        assert_eq!(pushed.names(), ["r:5000/x:1"]);
    }
}
