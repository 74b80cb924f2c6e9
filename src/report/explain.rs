//! Why the steps of a build failed, as far as their output says.

use crate::diagnosis::{Diagnosis, Evidence, Setting, diagnose};
use crate::execute::event::TargetOutcome;
use crate::problem::{Problem, ProblemKind, Problems};
use crate::report::state::BuildState;
use crate::report::step::Step;

/// How many of the last lines of a failed step go into an annotation, which is a small box.
const LOG_LINES: usize = 10;

impl BuildState {
    /// Adds the last lines of the failed step of a target to its problems, and the likely reasons
    /// with their fixes. `absent_secrets` are those that the failed step mounts and that this build does not have.
    pub fn explain(&self, target: &str, problems: &mut Problems, absent_secrets: &[String]) {
        let diagnoses: Vec<_> = self.failed().filter_map(diagnosis_of).collect();
        let failures = problems.0.iter_mut();
        for problem in failures.filter(|problem| is_of_a_step(problem)) {
            // What this side saw, such as a full disk, may be in the causes and not in the step.
            // A login that was not found has its reason already.
            let seen_here = problem.causes.iter();
            let seen_here = seen_here.filter(|cause| !cause.starts_with("no login for "));
            let seen_here: Vec<_> = seen_here
                .filter_map(|cause| diagnose(&Evidence::new(Setting::Step, cause)))
                .collect();
            for diagnosis in diagnoses.iter().chain(&seen_here) {
                diagnosis.explain(problem);
                problem.hints.extend(diagnosis.login_hint(absent_secrets));
            }
            let lines = self
                .failed_step(target)
                .map(|step| step.last_lines(LOG_LINES));
            problem.log = lines.into_iter().flatten().map(str::to_owned).collect();
        }
    }

    /// Returns the step at which a target failed.
    fn failed_step(&self, target: &str) -> Option<&Step> {
        let target = self.targets().iter().find(|known| known.name == target)?;
        match target.outcome()? {
            TargetOutcome::Failed { vertex, .. } => {
                Some(&self.steps()[self.step_of(vertex.as_ref()?)?])
            }
            TargetOutcome::Built(_) | TargetOutcome::Withheld | TargetOutcome::Cancelled => None,
        }
    }
}

/// Finds out why a step failed, from its error and the last lines of its output.
pub(super) fn diagnosis_of(step: &Step) -> Option<Diagnosis> {
    let lines = step.last_lines(usize::MAX);
    diagnose(&Evidence {
        log: lines.map(str::to_owned).collect(),
        ..Evidence::new(Setting::Step, step.error().unwrap_or_default())
    })
}

/// Whether a problem is what the engine says of a step; a full disk is a problem of the engine.
fn is_of_a_step(problem: &Problem) -> bool {
    let is_full = |cause: &String| cause.contains("no space left on device");
    matches!(problem.kind, ProblemKind::Step | ProblemKind::Registry)
        || problem.causes.iter().any(is_full)
}
