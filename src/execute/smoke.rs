//! Smoke tests: commands that a result has to pass before it is exported.

use super::nodes::Part;
use crate::buildkit::{Digest, Process, SolveError, Solved};
use crate::plan::{PlannedSmoke, PlannedTarget};
use crate::problem::{Problem, ProblemKind, Problems};
use crate::profile::SmokeNetwork;
use crate::text::human_duration;

/// A command that failed in a result.
#[derive(Debug)]
pub(super) struct SmokeFailure {
    /// The step of the build that it was.
    pub(super) vertex: Option<Digest>,
    pub(super) problems: Problems,
}

/// Runs the commands of a target one after the other, for each of its platforms that the engine
/// runs programs of.
pub(super) async fn check(
    runnable: &[String],
    part: &Part<'_>,
    solved: &Solved,
) -> Result<(), SmokeFailure> {
    let target = &*part.target;
    let platforms: Vec<_> = target.platforms.iter().map(ToString::to_string).collect();
    let checked = platforms
        .iter()
        .filter(|platform| runnable.contains(platform));
    for platform in checked {
        // A result for one platform is not named after it.
        let is_named = part.is_partial || platforms.len() > 1;
        let named = is_named.then_some(platform.as_str());
        for (number, smoke) in (1..).zip(&target.smoke) {
            let process = process(target, smoke, number, named);
            let ended = solved.run(named, &process);
            let failure = match tokio::time::timeout(smoke.timeout, ended).await {
                Ok(Ok(())) => continue,
                Ok(Err(error)) => failure(error),
                Err(_) => {
                    let limit = human_duration(smoke.timeout);
                    (format!("did not end within {limit} and was stopped"), None)
                }
            };
            return Err(problem(target, smoke, failure));
        }
    }
    Ok(())
}

fn process(
    target: &PlannedTarget,
    smoke: &PlannedSmoke,
    number: usize,
    platform: Option<&str>,
) -> Process {
    let place = platform.map_or_else(String::new, |platform| format!("{platform} "));
    let command = shell_words::join(&smoke.run);
    let (name, count) = (&target.target, target.smoke.len());
    Process {
        name: format!("[{place}{name} smoke {number}/{count}] {command}"),
        arguments: smoke.run.clone(),
        environment: smoke.env.clone(),
        user: smoke.user.clone(),
        network: smoke.network == SmokeNetwork::Default,
    }
}

/// Says how a command failed, in the words after it, and which step it was.
fn failure(error: SolveError) -> (String, Option<Digest>) {
    match error {
        SolveError::Failed(failure) => {
            let reason = match failure.exit_code {
                Some(code) => format!("ended with exit code {code}"),
                None => format!("failed: {}", failure.message),
            };
            (reason, failure.vertex)
        }
        SolveError::Unsupported(_)
        | SolveError::Cancelled
        | SolveError::Lost(_)
        | SolveError::Layout(_) => (format!("could not be run: {error}"), None),
    }
}

fn problem(
    target: &PlannedTarget,
    smoke: &PlannedSmoke,
    (reason, vertex): (String, Option<Digest>),
) -> SmokeFailure {
    let message = format!("A smoke test of target `{}` failed", target.name);
    let mut problem = Problem::new(ProblemKind::Step, message);
    let command = shell_words::join(&smoke.run);
    problem.causes.push(format!("`{command}` {reason}"));
    if let Some(at) = smoke.origin.line() {
        problem = problem.excerpt(at.excerpt("this command"));
    }
    SmokeFailure {
        vertex,
        problems: problem
            .hint("Build without smoke tests to look into the image: `--no-smoke`")
            .into(),
    }
}
