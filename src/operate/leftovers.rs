//! Stopping and removing a deployment without its file, or without its supervisor.

use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::future::join_all;
use tokio::time::sleep;

use super::labels::{Found, found};
use crate::deploy::supervise::Part;
use crate::engine::{Engine, EngineError, Filters};
use crate::launch::label;

/// How often it is looked for what is left.
const LOOKS: usize = 40;

/// Between two looks that follow one another in vain.
const PAUSE: Duration = Duration::from_millis(250);

/// Stops the containers of a deployment in order: those that take requests first.
pub(crate) async fn stop_all(
    engine: &Engine,
    deployment: &str,
    seconds: Option<i64>,
) -> Result<Vec<String>, EngineError> {
    let mut tiers: BTreeMap<Part, Vec<Found>> = BTreeMap::new();
    for container in found(engine, deployment).await? {
        tiers
            .entry(container.watched.part)
            .or_default()
            .push(container);
    }
    let mut stopped = Vec::new();
    for tier in tiers.into_values() {
        let running = tier.iter().filter(|container| container.is_running());
        let stops = running.map(|container| engine.stop_container(&container.line.id, seconds));
        for stop in join_all(stops).await {
            match stop {
                Err(error) if error.status() == Some(404) => {}
                stop => stop?,
            }
        }
        stopped.extend(tier.into_iter().map(|container| container.watched.name));
    }
    Ok(stopped)
}

/// Removes the containers of a deployment, its network and its volumes.
///
/// A `dynrun` that was killed may have asked for more: the engine makes that after it was listed here,
/// and what it uses cannot be removed. So it is looked for until nothing is left.
pub(crate) async fn remove_all(engine: &Engine, deployment: &str) -> Result<(), EngineError> {
    let mut last = Ok(());
    for look in 0..LOOKS {
        if look > 1 {
            sleep(PAUSE).await;
        }
        last = match remove_found(engine, deployment).await {
            Ok(Left::Nothing) => return Ok(()),
            Ok(Left::Removed) => Ok(()),
            Err(error) if is_in_use(&error) => Err(error),
            Err(error) => return Err(error),
        };
    }
    last
}

/// A volume that a container has, or a network with members.
fn is_in_use(error: &EngineError) -> bool {
    matches!(error.status(), Some(403 | 409))
}

/// What a look found.
enum Left {
    Nothing,
    Removed,
}

async fn remove_found(engine: &Engine, deployment: &str) -> Result<Left, EngineError> {
    let containers = found(engine, deployment).await?;
    // Only those that the deployment made: others that it mounts hold somebody's data.
    let services = containers
        .iter()
        .filter(|container| container.watched.part == Part::Service);
    let made = services.map(|container| format!("{deployment}-{}", container.watched.name));
    let volumes: Vec<_> = made.chain([discovery_volume(deployment)]).collect();
    for container in &containers {
        engine.remove_container(&container.line.id).await?;
    }
    let chosen = label::assignment(label::DEPLOYMENT, deployment);
    let filters = Filters::from([("label".to_owned(), vec![chosen])]);
    for volume in volumes {
        engine.remove_volume(&volume).await?;
    }
    let networks = engine.networks(&filters).await?;
    for network in &networks {
        engine.remove_network(network).await?;
    }
    Ok(if containers.is_empty() && networks.is_empty() {
        Left::Nothing
    } else {
        Left::Removed
    })
}

/// Returns the volume on which members find each other, see [`crate::deploy::Discovery`].
fn discovery_volume(deployment: &str) -> String {
    format!("{deployment}-kv")
}
