//! Looks evidence up in the table.

use std::sync::{LazyLock, OnceLock};

use regex::Regex;

use super::evidence::{Evidence, Setting, without_command};
use super::output::{Output, find_in_error};
use super::rule::Rule;
use super::secrets;
use super::table::RULES;
use super::wording::Words;
use crate::problem::Problem;

/// How many lines programs add to their reason at most: as pip does to that of a build backend.
const TRAILER: usize = 25;

/// Why something failed, what shows it, and what fixes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnosis {
    /// The kind of failure, the same in every version.
    pub class: &'static str,
    /// What is behind it, in one line.
    pub cause: String,
    /// The lines of output, or the error, that say so; `None` if the exit code does.
    pub evidence: Option<String>,
    /// What fixes it.
    pub fixes: Vec<String>,
    /// Whether the next attempt will fail of it as well.
    pub lasts: bool,
    /// Whether a login that the step did not have could be all that it lacks.
    wants_login: bool,
}

impl Diagnosis {
    fn new(rule: &Rule, evidence: Option<String>, words: &Words<'_>) -> Self {
        let fixes = rule.fixes(words.setting).iter();
        let fixes = fixes.map(|fix| words.fill(fix));
        Self {
            class: rule.class,
            cause: words.fill(rule.cause),
            fixes: fixes.filter(|fix| !fix.is_empty()).collect(),
            evidence,
            lasts: rule.lasts,
            wants_login: rule.wants_login,
        }
    }

    /// Returns which of the secrets that the step did not have may be the login that it lacks.
    pub fn login_hint(&self, absent: &[String]) -> Option<String> {
        let evidence = self.evidence.as_deref().unwrap_or_default();
        let about = format!("{evidence} {}", self.cause);
        self.wants_login.then(|| secrets::hint(&about, absent))?
    }

    /// Adds the cause to those of a problem, and the fixes to its hints; the same cause only once.
    pub fn explain(&self, problem: &mut Problem) {
        if !problem.causes.contains(&self.cause) {
            problem.causes.push(self.cause.clone());
            problem.hints.extend(self.fixes.iter().cloned());
        }
    }
}

/// Returns the first failure of the table that fits; of the lines that show it, the last one.
pub fn diagnose(evidence: &Evidence) -> Option<Diagnosis> {
    let lines: Vec<_> = evidence.log.iter().map(String::as_str).collect();
    look_up(evidence, evidence.setting, &evidence.error, &lines)
}

fn look_up(
    evidence: &Evidence,
    setting: Setting,
    error: &str,
    lines: &[&str],
) -> Option<Diagnosis> {
    let message = without_command(error);
    let output = Output::new(lines);
    let words = |captures| Words {
        captures,
        evidence,
        setting,
        server: output.server(error),
    };
    let mut rules = rules().filter(|(rule, _)| rule.applies(setting, evidence));
    rules.find_map(|(rule, patterns)| {
        if rule.needs_no_words() {
            return Some(Diagnosis::new(rule, None, &words(None)));
        }
        let mut patterns = patterns.get_or_init(|| rule.compiled()).iter();
        patterns.find_map(|pattern| {
            let found = find_in_error(message, pattern);
            let (captures, shown) = found.or_else(|| output.find(pattern, rule.scope))?;
            let passes = rule.is_said_in_passing(setting);
            if passes && has_gone_on(evidence, output.behind(pattern)) {
                return None;
            }
            Some(Diagnosis::new(rule, Some(shown), &words(Some(captures))))
        })
    })
}

/// Returns all rules, the patterns of which are compiled when they are needed.
fn rules() -> impl Iterator<Item = (&'static Rule, &'static OnceLock<Vec<Regex>>)> {
    static PATTERNS: LazyLock<Vec<OnceLock<Vec<Regex>>>> = LazyLock::new(|| {
        RULES
            .iter()
            .flat_map(|rules| *rules)
            .map(|_| OnceLock::new())
            .collect()
    });
    RULES.iter().flat_map(|rules| *rules).zip(PATTERNS.iter())
}

/// Returns whether a program did something else behind a line, and failed of that: also of what
/// only builds know a fix for.
fn has_gone_on(evidence: &Evidence, lines: &[&str]) -> bool {
    let said = lines.iter().filter(|line| !line.trim().is_empty());
    let mut settings = [evidence.setting, Setting::Step].into_iter();
    said.count() > TRAILER
        || settings.any(|setting| look_up(evidence, setting, "", lines).is_some())
}

#[cfg(test)]
mod tests {
    use test_case::test_case;

    use super::*;

    const NO_GIT: &str = "fatal: not a git repository (or any of the parent directories): .git";

    fn class(lines: &[&str]) -> Option<&'static str> {
        let evidence = Evidence {
            log: lines.iter().copied().map(str::to_owned).collect(),
            ..Evidence::new(Setting::Step, "exit code: 1")
        };
        diagnose(&evidence).map(|found| found.class)
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

    #[test]
    fn of_what_an_engine_says_the_line_that_counts_is_shown() {
        let said = "failed to start:\nno space left on device\nsorry";
        let found = diagnose(&Evidence::new(Setting::Engine, said)).unwrap();
        assert_eq!(found.evidence.as_deref(), Some("no space left on device"));
    }
}
