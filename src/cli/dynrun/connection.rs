//! The engine, connected.

use crate::cli::edge::Edge;
use crate::docker::Hinted as _;
use crate::docker::detach_keys::{DetachKeys, KeyError};
use crate::engine::{self, Engine};
use crate::exit::Exit;
use crate::problem::Problem;

/// Connects to the engine that is meant. For dynrun this is part of the launch, so that failing
/// ends with 125, as docker does.
pub(super) async fn connect(edge: &Edge) -> Result<Engine, Problem> {
    let located = engine::locate(&edge.surroundings()).map_err(|error| as_docker(error.into()))?;
    Engine::connect(&located.address)
        .await
        .map_err(|error| as_docker(error.into()))
}

/// Returns an engine's refusal as docker's code 125.
pub(super) fn refused(error: engine::EngineError) -> Problem {
    as_docker(error.into())
}

/// Returns a problem before the start as docker's code 125.
pub(super) fn as_docker(problem: Problem) -> Problem {
    Problem {
        exit: Exit::Run,
        ..problem
    }
}

/// Returns the keys that docker's configuration names to detach with.
pub(super) fn detach_keys(edge: &Edge) -> Result<Option<DetachKeys>, Problem> {
    let config = edge.surroundings().docker_config();
    let config = config.map_err(|error| as_docker(error.into()))?;
    let keys = config.detach_keys.as_deref().map(str::parse).transpose();
    keys.map_err(|error: KeyError| {
        let message = format!("`detachKeys` of docker's configuration is wrong: {error}");
        let mut problem = Problem::new(Exit::Run, message);
        problem.hints.extend(error.hint());
        problem
    })
}
