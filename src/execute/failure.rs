//! Why a target failed, told at the lines that people wrote.

use crate::buildkit::check::CheckReport;
use crate::buildkit::progress::{Position, Range, SourceInfo, VertexWarning, covered_lines};
use crate::buildkit::session::Session;
use crate::buildkit::session::filesync::Transfer;
use crate::buildkit::{BuildFailure, SolveError};
use crate::credentials::login_command;
use crate::docker::config::registry_key;
use crate::plan::stages::SourceMap;
use crate::problem::{Excerpt, Problem, ProblemKind, Problems, capitalized};

/// What engines say where a registry did not do as asked (resolver, fetcher and pusher of containerd).
const REGISTRY_WORDS: [&str; 9] = [
    "failed to push",
    "push access denied",
    "pull access denied",
    "failed to resolve source metadata",
    "failed to authorize",
    "failed to do request",
    "failed to configure registry cache",
    "httpReadSeeker: failed open",
    "toomanyrequests",
];

/// What an engine says whose disk is full.
const FULL_DISK: &str = "no space left on device";

/// Turns the end of a solve into what people are told.
pub(super) fn problems(
    error: SolveError,
    target: &str,
    source_map: &SourceMap,
    session: &Session,
) -> Problems {
    match error {
        SolveError::Failed(failure) => {
            let unsendable = unsendable(session);
            if !unsendable.0.is_empty() {
                return unsendable;
            }
            let problem = failed(&failure, target, source_map);
            with_session_hints(problem, session).into()
        }
        SolveError::Unsupported(_)
        | SolveError::Cancelled
        | SolveError::Lost(_)
        | SolveError::Layout(_) => error.into(),
    }
}

/// Files that could not be sent explain a failure better than what the engine makes of it.
fn unsendable(session: &Session) -> Problems {
    let transfers = session.files().transfers();
    let issues = transfers.iter().flat_map(Transfer::issues);
    Problems(
        issues
            .filter(|issue| issue.is_fatal())
            .map(|issue| issue.problem())
            .collect(),
    )
}

fn failed(failure: &BuildFailure, target: &str, source_map: &SourceMap) -> Problem {
    let mut problem = if let Some(code) = failure.exit_code {
        let message = format!("A step of target `{target}` ended with exit code {code}");
        Problem::new(ProblemKind::Step, message)
    } else {
        let mut problem = Problem::new(class(failure), format!("Target `{target}` failed"));
        problem.causes.push(failure.message.clone());
        problem
    };
    problem.excerpts = places(failure, source_map);
    problem
}

/// Returns the instructions that a failure is about, in the fragments where these are known.
fn places(failure: &BuildFailure, source_map: &SourceMap) -> Vec<Excerpt> {
    let sources = failure.sources.iter();
    sources
        .filter_map(|lines| excerpt(&lines.ranges, source_map).or_else(|| lines.excerpt()))
        .collect()
}

/// Registries and full engines have exit codes of their own: a pipeline may try again later or
/// elsewhere, where a step that fails will fail again.
fn class(failure: &BuildFailure) -> ProblemKind {
    let told = |words: &&str| failure.message.contains(*words);
    // In Go's words; those of a full disk of ours begin with a capital.
    if failure.message.contains(FULL_DISK) {
        ProblemKind::Engine
    } else if REGISTRY_WORDS.iter().any(told) {
        ProblemKind::Registry
    } else {
        ProblemKind::Step
    }
}

/// Returns what BuildKit's checks found, at the lines of the fragments.
pub(super) fn warnings(report: &CheckReport, source_map: &SourceMap) -> Vec<Problem> {
    let found = report.warnings.iter().map(|warning| {
        let message = format!("{} [{}]", warning.detail, warning.rule_name);
        let problem = Problem::new(ProblemKind::Usage, message).hint(warning.url.clone());
        (problem, &warning.location)
    });
    let broken = report.build_error.iter().map(|error| {
        let problem = Problem::new(ProblemKind::Usage, error.message.clone());
        (problem, &error.location)
    });
    let located = found.chain(broken).map(|(mut problem, location)| {
        problem
            .excerpts
            .extend(excerpt(&location.ranges, source_map));
        problem
    });
    located.collect()
}

/// Points a warning of a build at the lines of the fragment: the engine only knows the joined
/// Dockerfile.
pub(super) fn at_fragment(warning: VertexWarning, source_map: &SourceMap) -> VertexWarning {
    let Some(excerpt) = excerpt(&warning.range, source_map) else {
        return warning;
    };
    let lines = excerpt.lines();
    let at = |line: &usize| Position {
        line: i32::try_from(*line).unwrap_or(i32::MAX),
        character: 0,
    };
    VertexWarning {
        range: vec![Range {
            start: at(lines.start()),
            end: at(lines.end()),
        }],
        source_info: Some(SourceInfo {
            filename: excerpt.name,
            data: excerpt.text.as_bytes().to_vec(),
            language: "Dockerfile".into(),
        }),
        ..warning
    }
}

/// Translates lines of the joined Dockerfile to lines of the fragment that they came from.
fn excerpt(ranges: &[Range], source_map: &SourceMap) -> Option<Excerpt> {
    source_map.excerpt(covered_lines(ranges)?)
}

/// Returns the build secrets that the failed step mounts and that the engine asked for in vain.
/// What is not a step, such as an export, has no use for secrets.
pub(super) fn absent_secrets(
    error: &SolveError,
    source_map: &SourceMap,
    session: &Session,
) -> Vec<String> {
    let SolveError::Failed(failure) = error else {
        return Vec::new();
    };
    if failure.exit_code.is_none() {
        return Vec::new();
    }
    let places = places(failure, source_map);
    let mut absent = session.secrets().missed();
    absent.retain(|id| places.iter().any(|at| names(at, id)));
    absent
}

/// Tells whether an instruction mounts the secret `id`.
fn names(instruction: &Excerpt, id: &str) -> bool {
    let text = instruction.text.get(instruction.span.clone());
    text.unwrap_or_default()
        .split([',', ' ', '\n', '"'])
        .any(|word| word.strip_prefix("id=") == Some(id))
}

/// Adds what the session knows: damage, and credentials that the engine asked for in vain.
pub(super) fn with_session_hints(mut problem: Problem, session: &Session) -> Problem {
    for reason in session.result_failures() {
        if !problem.causes.iter().any(|cause| cause.contains(&reason)) {
            problem.causes.push(reason);
        }
    }
    for damage in session.damage().into_iter().map(Problem::from) {
        problem.causes.push(damage.message);
        problem.hints.extend(damage.hints);
    }
    // A look-up that failed explains nothing else: the engine went on without a login.
    if problem.kind == ProblemKind::Registry {
        for (host, reason) in session.credentials().failures() {
            problem
                .causes
                .push(format!("no login for `{host}`: {reason}"));
            let hint = reason.hint(registry_key(&host));
            problem = problem.hint(capitalized(&hint));
            problem = problem.hint(format!("Log in: `{}`", login_command(&host)));
        }
    }
    problem
}
