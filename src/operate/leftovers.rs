//! Stopping and removing a deployment without its file, or without its supervisor.

use std::collections::BTreeMap;

use futures_util::future::join_all;

use super::labels::{Found, found};
use crate::deploy::supervise::Part;
use crate::engine::{Engine, EngineError, Filters};
use crate::launch::label;

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
pub(crate) async fn remove_all(engine: &Engine, deployment: &str) -> Result<(), EngineError> {
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
    for network in engine.networks(&filters).await? {
        engine.remove_network(&network).await?;
    }
    Ok(())
}

/// Returns the volume on which members find each other, see [`crate::deploy::Discovery`].
fn discovery_volume(deployment: &str) -> String {
    format!("{deployment}-kv")
}
