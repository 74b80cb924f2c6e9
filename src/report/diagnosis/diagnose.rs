//! Finding the reason of a failure.

use std::sync::LazyLock;

use regex::{Captures, Regex};

use super::rule::{Output, Rule, Scope, filled, without_command};
use super::rules::RULES;
use super::secrets;
use crate::execute::event::TargetOutcome;
use crate::problem::{Problem, ProblemKind, Problems};
use crate::report::state::BuildState;
use crate::report::step::Step;

/// How many of the last lines of a failed step go into an annotation, which is a small box.
const LOG_LINES: usize = 10;

/// How many lines programs add to their reason at most: as pip does to that of a build backend.
const TRAILER: usize = 25;

/// The likely reason of a failure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnosis {
    /// The kind of failure, the same in every version.
    pub class: &'static str,
    /// What is behind it, in one line.
    pub cause: String,
    /// The lines of output, or the error, that say so.
    pub evidence: String,
    /// What fixes it.
    pub fix: String,
    /// Whether a login that the step did not have could be all that it lacks.
    pub(super) wants_login: bool,
}

impl Diagnosis {
    /// Finds out why a step failed, from its error and the last lines of its output.
    pub fn of(step: &Step) -> Option<Self> {
        let lines: Vec<_> = step.last_lines(usize::MAX).collect();
        diagnose(step.error().unwrap_or_default(), &lines)
    }

    fn new(rule: &Rule, captures: &Captures<'_>, evidence: String, server: Option<&str>) -> Self {
        Self {
            class: rule.class,
            cause: filled(rule.cause, captures, server),
            fix: filled(rule.fix, captures, server),
            evidence,
            wants_login: rule.wants_login,
        }
    }

    /// Returns which of the secrets that the step did not have may be the login that it lacks.
    pub(super) fn login_hint(&self, absent: &[String]) -> Option<String> {
        let about = format!("{} {}", self.evidence, self.cause);
        self.wants_login.then(|| secrets::hint(&about, absent))?
    }

    fn explain(&self, problem: &mut Problem) {
        if !problem.causes.contains(&self.cause) {
            problem.causes.push(self.cause.clone());
            problem.hints.push(self.fix.clone());
        }
    }
}

impl BuildState {
    /// Finds out why steps failed, as far as their output says.
    pub fn diagnoses(&self) -> Vec<Diagnosis> {
        self.failed().filter_map(Diagnosis::of).collect()
    }

    /// Adds the last lines of the failed step of a target to its problems, and the likely reasons
    /// with their fixes. `absent_secrets` are those that the failed step mounts and that this build does not have.
    #[must_use]
    pub fn explain(
        &self,
        target: &str,
        mut problems: Problems,
        absent_secrets: &[String],
    ) -> Problems {
        let diagnoses = self.diagnoses();
        let failures = problems
            .0
            .iter_mut()
            .filter(|problem| is_of_a_step(problem));
        for problem in failures {
            // What this side saw, such as a full disk, may be in the causes and not in the step.
            // A login that was not found has its reason already.
            let seen_here = problem.causes.iter();
            let seen_here = seen_here.filter(|cause| !cause.starts_with("no login for "));
            let seen_here: Vec<_> = seen_here.filter_map(|cause| diagnose(cause, &[])).collect();
            for diagnosis in diagnoses.iter().chain(&seen_here) {
                diagnosis.explain(problem);
                problem.hints.extend(diagnosis.login_hint(absent_secrets));
            }
            let lines = self
                .failed_step(target)
                .map(|step| step.last_lines(LOG_LINES));
            problem.log = lines.into_iter().flatten().map(str::to_owned).collect();
        }
        problems
    }

    /// Returns the step at which a target failed.
    fn failed_step(&self, target: &str) -> Option<&Step> {
        let target = self.targets().iter().find(|known| known.name == target)?;
        let (_, outcome) = target.finished.as_ref()?;
        match outcome {
            TargetOutcome::Failed { vertex, .. } => {
                Some(&self.steps()[self.step_of(vertex.as_ref()?)?])
            }
            TargetOutcome::Built(_) | TargetOutcome::Withheld | TargetOutcome::Cancelled => None,
        }
    }
}

/// Whether a problem is what the engine says of a step; a full disk is a problem of the engine.
fn is_of_a_step(problem: &Problem) -> bool {
    let is_full = |cause: &String| cause.contains("no space left on device");
    matches!(problem.kind, ProblemKind::Step | ProblemKind::Registry)
        || problem.causes.iter().any(is_full)
}

/// Finds out what is behind an error and the lines that were written before it.
///
/// The first rule that fits wins; of the lines, the last one that it fits.
pub fn diagnose(error: &str, lines: &[&str]) -> Option<Diagnosis> {
    static PATTERNS: LazyLock<Vec<Vec<Regex>>> =
        LazyLock::new(|| RULES.iter().map(Rule::compiled).collect());
    let message = without_command(error);
    let output = Output::new(lines);
    PATTERNS.iter().zip(RULES).find_map(|(patterns, rule)| {
        patterns.iter().find_map(|pattern| {
            let in_error = || Some((pattern.captures(message)?, message.trim().to_owned()));
            let found = match rule.scope {
                Scope::Line => in_error().or_else(|| output.line(pattern)),
                Scope::Output => in_error().or_else(|| output.sentence(pattern)),
            };
            let (captures, evidence) = found?;
            let behind = output.behind(pattern);
            if rule.is_said_in_passing && has_gone_on(behind) {
                return None;
            }
            let server = output.server(error);
            Some(Diagnosis::new(rule, &captures, evidence, server.as_deref()))
        })
    })
}

/// Returns whether a step did something else behind a line, and failed of that.
fn has_gone_on(lines: &[&str]) -> bool {
    let said = lines.iter().filter(|line| !line.trim().is_empty());
    said.count() > TRAILER || diagnose("", lines).is_some()
}

#[cfg(test)]
mod tests {
    use test_case::test_case;

    use super::*;

    const NO_GIT: &str = "fatal: not a git repository (or any of the parent directories): .git";

    fn class(lines: &[&str]) -> Option<&'static str> {
        diagnose("exit code: 1", lines).map(|found| found.class)
    }

    #[test_case(&[NO_GIT] => Some("git-absent"); "the last word")]
    #[test_case(&[NO_GIT, "make: *** [Makefile:3: version] Error 128"] => Some("git-absent"); "what called it")]
    #[test_case(&[NO_GIT, "a.c:1:10: fatal error: zlib.h: No such file or directory"] => Some("header"); "a compiler fails later")]
    #[test_case(&[NO_GIT, "version unknown", "error[E0425]: cannot find value `x`", "error: could not compile `x` (lib) due to 1 previous error"] => Some("rust-code"); "cargo fails later")]
    #[test_case(&["fatal: detected dubious ownership in repository at '/x'", "/bin/sh: 1: cmaek: not found"] => Some("program"); "a program is missing later")]
    #[test_case(&["error: could not compile `x` (lib) due to 1 previous error", NO_GIT] => Some("git-absent"); "git fails last")]
    fn what_git_says_in_passing_is_no_reason(lines: &[&str]) -> Option<&'static str> {
        class(lines)
    }

    #[test]
    fn what_stands_far_above_the_end_is_no_reason() {
        let later = vec!["compiling"; TRAILER + 1];
        let lines = [&[NO_GIT], later.as_slice()].concat();
        assert_eq!(class(&lines), None);
        assert_eq!(class(&lines[..TRAILER]), Some("git-absent"));
    }
}
