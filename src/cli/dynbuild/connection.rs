//! The connection to the engine that the user means.

use std::collections::BTreeSet;

use futures_util::future::join_all;

use crate::builder::{Builder, Node, Offer, share_declared};
use crate::buildkit::Client;
use crate::cli::edge::Edge;
use crate::dial::{Address, Endpoint, Speaks};
use crate::docker::platform::Platform;
use crate::engine::{Engine, locate};
use crate::execute::Nodes;
use crate::plan::PlannedTarget;
use crate::problem::{Problem, Problems};

/// Connects to the engine, for builds and for everything else.
///
/// # Errors
/// Fails when it is not known which engine is meant, when it cannot be reached, or is too old.
pub(super) async fn connect(edge: &Edge) -> Result<(Client, Engine), Problems> {
    let located = locate(&edge.surroundings()).map_err(Problem::from)?;
    connect_at(&located.address, edge).await
}

async fn connect_at(address: &Address, edge: &Edge) -> Result<(Client, Engine), Problems> {
    let endpoint = Endpoint::engine(address.clone());
    let client = reported(address, &endpoint, edge).await?;
    let engine = match client.capabilities().engine.clone() {
        Some(version) => Engine::known(address, version, edge.deadline()?),
        None => Engine::connect(address, edge.deadline()?).await,
    };
    let engine = engine.map_err(Problem::from)?;
    Ok((client, engine))
}

/// Connects, and says so if that takes long.
async fn reported(address: &Address, endpoint: &Endpoint, edge: &Edge) -> Result<Client, Problem> {
    // Only until it is there: then the build has the screen.
    let reporting = edge.reporting_deadline()?;
    // One after the other: a problem with the engine is told once.
    let connecting = async {
        let client = Client::connect(endpoint).await;
        client.map_err(Problem::from)
    };
    reporting.connecting(address, connecting).await
}

/// Connects to those nodes of the builder that was asked for which build the platforms of targets,
/// and to the engine for what is loaded. A builder that is no engine does without one, unless
/// something is to be loaded.
pub(super) async fn connect_to(
    builder: Option<&Builder>,
    targets: &[PlannedTarget],
    edge: &Edge,
) -> Result<(Nodes, Option<Engine>), Problems> {
    let Some(builder) = builder else {
        let (client, engine) = connect(edge).await?;
        return Ok((Nodes::one(client), Some(engine)));
    };
    let needed = needed(builder, targets).into_iter();
    let connections = join_all(needed.map(|node| reach(builder, node, edge))).await;
    let mut engine = None;
    let mut nodes = Vec::new();
    let mut problems = Vec::new();
    for connection in connections {
        match connection {
            Ok((node, of_node)) => {
                nodes.push(node);
                engine = engine.or(of_node);
            }
            Err(Problems(found)) => problems.extend(found),
        }
    }
    if !problems.is_empty() {
        return Err(Problems(problems));
    }
    if engine.is_none() {
        engine = connect(edge).await.ok().map(|(_, engine)| engine);
    }
    Ok((Nodes::new(nodes), engine))
}

/// Connects to one node. Those that are engines can also load.
async fn reach(
    builder: &Builder,
    node: &Node,
    edge: &Edge,
) -> Result<((Client, Vec<Platform>), Option<Engine>), Problems> {
    let address = &node.endpoint.address;
    let (client, engine) = match node.endpoint.speaks {
        Speaks::Engine => {
            let (client, engine) = connect_at(address, edge).await?;
            (client, Some(engine))
        }
        Speaks::BuildKit => {
            let client = reported(address, &node.endpoint, edge).await;
            let client = client.map_err(|problem| not_reached(problem, builder, node))?;
            (client, None)
        }
    };
    Ok(((client, node.platforms.clone()), engine))
}

/// Returns the nodes that have to be reached: those that were created for the platforms, or all,
/// which are asked, where that does not say it.
fn needed<'b>(builder: &'b Builder, targets: &[PlannedTarget]) -> Vec<&'b Node> {
    let offers = builder.nodes.iter().map(|node| Offer {
        declared: node.platforms.clone(),
        detected: Vec::new(),
    });
    let offers: Vec<_> = offers.collect();
    let shares = targets
        .iter()
        .map(|target| share_declared(&target.platforms, &offers));
    let shares: Option<Vec<_>> = shares.collect();
    let Some(shares) = shares else {
        return builder.nodes.iter().collect();
    };
    let numbers: BTreeSet<_> = shares.iter().flatten().map(|share| share.node).collect();
    numbers
        .into_iter()
        .filter_map(|node| builder.nodes.get(node))
        .collect()
}

fn not_reached(mut problem: Problem, builder: &Builder, node: &Node) -> Problem {
    if builder.nodes.len() > 1 {
        problem.causes.push(format!(
            "It is node `{}` of builder `{}`",
            node.name, builder.name
        ));
    }
    let name = shell_words::quote(&builder.name);
    problem.hint(format!(
        "See whether the builder runs, and start it: `docker buildx inspect --bootstrap {name}`"
    ))
}
