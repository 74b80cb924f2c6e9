//! The engine, connected.

use crate::cli::edge::Edge;
use crate::docker::Hinted as _;
use crate::docker::detach_keys::{DetachKeys, KeyError};
use crate::engine::{self, ContainerFacts, Engine};
use crate::operate::found;
use crate::problem::{Problem, capitalized};

/// Connects to the engine that is meant. For dynrun this is part of the launch, so that failing
/// ends with 125, as docker does.
pub(super) async fn connect(edge: &mut Edge) -> Result<Engine, Problem> {
    let located = engine::locate(&edge.surroundings())?;
    let engine = Engine::connect(&located.address, edge.reporting_deadline()?).await?;
    let version = engine.version();
    edge.detail(&format!(
        "The engine at `{}` is {}, API {}",
        located.address, version.version, version.api
    ));
    Ok(engine)
}

/// Returns the keys that docker's configuration names to detach with.
pub(super) fn detach_keys(edge: &Edge) -> Result<Option<DetachKeys>, Problem> {
    let config = edge.surroundings().docker_config()?;
    let keys = config.detach_keys.as_deref().map(str::parse).transpose();
    keys.map_err(|error: KeyError| {
        let message = format!("Invalid `detachKeys` in docker's configuration: {error}");
        let mut problem = Problem::usage(message);
        problem
            .hints
            .extend(error.hint().map(|hint| capitalized(&hint)));
        problem
    })
}

/// Returns what the engine knows of a container.
pub(super) async fn container(engine: &Engine, name: &str) -> Result<ContainerFacts, Problem> {
    let facts = engine.container(&container_name(name)).await?;
    facts.ok_or_else(|| no_container(name))
}

/// Returns the name of a member's container: of `qwen/decode-1` it is `qwen-decode-1`.
fn container_name(name: &str) -> String {
    name.replacen('/', "-", 1)
}

/// Returns the containers that a name stands for: one, or all members of a deployment, each with
/// the name of the member.
pub(super) async fn containers(
    engine: &Engine,
    name: &str,
) -> Result<Vec<(Option<String>, ContainerFacts)>, Problem> {
    if let Some(facts) = engine.container(&container_name(name)).await? {
        return Ok(vec![(None, facts)]);
    }
    let mut members = Vec::new();
    for member in found(engine, name).await? {
        let facts = engine.container(&member.line.id).await?;
        members.extend(facts.map(|facts| (Some(member.watched.name), facts)));
    }
    if members.is_empty() {
        return Err(no_container(name));
    }
    members.sort_by(|(one, _), (other, _)| one.cmp(other));
    Ok(members)
}

/// There is no container of that name.
pub(super) fn no_container(name: &str) -> Problem {
    Problem::usage(format!("There is no container `{name}`"))
        .hint("List the containers: `dynrun ps --all`")
}
