//! The connection to the engine that the user means.

use crate::builder::Builder;
use crate::buildkit::Client;
use crate::cli::edge::Edge;
use crate::dial::{Address, Endpoint, Speaks};
use crate::docker::platform::Platform;
use crate::engine::{Engine, locate};
use crate::exit::Exit;
use crate::problem::{Problem, Problems};
use crate::ui::Ui;

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
        Some(version) => Engine::known(address, version, edge.deadline()?).await,
        None => Engine::connect(address, edge.deadline()?).await,
    };
    let engine = engine.map_err(Problem::from)?;
    Ok((client, engine))
}

/// Connects, and says so if that takes long.
async fn reported(address: &Address, endpoint: &Endpoint, edge: &Edge) -> Result<Client, Problem> {
    let settings = edge.settings.clone();
    // Only until it is there: then the build has the screen.
    let reporting = edge.deadline()?.reporting(move |text| {
        Ui::new(&settings).note(text);
    });
    // One after the other: a problem with the engine is told once.
    let connecting = async {
        let client = Client::connect(endpoint).await;
        client.map_err(Problem::from)
    };
    reporting.connecting(address, connecting).await
}

/// Connects to the builder that was asked for, and to the engine for what is loaded. A builder that
/// is no engine does without one, unless something is to be loaded.
pub(super) async fn connect_to(
    builder: Option<&Builder>,
    platforms: &[Platform],
    edge: &Edge,
) -> Result<(Client, Option<Engine>), Problems> {
    let Some(builder) = builder else {
        let (client, engine) = connect(edge).await?;
        return Ok((client, Some(engine)));
    };
    let node = builder
        .node_for(platforms)
        .ok_or_else(|| no_node(builder, platforms))?;
    let address = &node.endpoint.address;
    match node.endpoint.speaks {
        Speaks::Engine => {
            let (client, engine) = connect_at(address, edge).await?;
            Ok((client, Some(engine)))
        }
        Speaks::BuildKit => {
            let client = reported(address, &node.endpoint, edge).await;
            let client = client.map_err(|problem| not_reached(problem, builder))?;
            Ok((client, connect(edge).await.ok().map(|(_, engine)| engine)))
        }
    }
}

fn no_node(builder: &Builder, platforms: &[Platform]) -> Problem {
    let wanted: Vec<_> = platforms.iter().map(ToString::to_string).collect();
    let message = format!(
        "No node of builder `{}` was created for all of {}",
        builder.name,
        wanted.join(", ")
    );
    let mut problem = Problem::new(Exit::Engine, message);
    for node in &builder.nodes {
        let platforms: Vec<_> = node.platforms.iter().map(ToString::to_string).collect();
        problem
            .causes
            .push(format!("Node `{}` has {}", node.name, platforms.join(", ")));
    }
    problem.hint("Build the platforms of each node in a call of their own: `--platform LIST`")
}

fn not_reached(problem: Problem, builder: &Builder) -> Problem {
    let name = shell_words::quote(&builder.name);
    problem.hint(format!(
        "See whether the builder runs, and start it: `docker buildx inspect --bootstrap {name}`"
    ))
}
