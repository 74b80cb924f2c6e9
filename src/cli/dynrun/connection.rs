//! The engine, connected.

use crate::cli::edge::Edge;
use crate::engine::{self, Engine};
use crate::exit::Exit;
use crate::problem::Problem;

/// Connects to the engine that is meant. For dynrun this is part of the launch, so that failing
/// ends with 125, as docker does.
pub(super) async fn connect(edge: &Edge) -> Result<Engine, Problem> {
    let as_docker = |problem: Problem| Problem {
        exit: Exit::Run,
        ..problem
    };
    let located = engine::locate(&edge.surroundings()).map_err(|error| as_docker(error.into()))?;
    Engine::connect(&located.address)
        .await
        .map_err(|error| as_docker(error.into()))
}

/// Returns an engine's refusal as docker's code 125.
pub(super) fn refused(error: engine::EngineError) -> Problem {
    Problem {
        exit: Exit::Run,
        ..error.into()
    }
}
