//! The connection to the engine that the user means.

use crate::buildkit::Client;
use crate::cli::edge::Edge;
use crate::dial::Endpoint;
use crate::engine::{Engine, locate};
use crate::problem::{Problem, Problems};
use crate::ui::Ui;

/// Connects to the engine, for builds and for everything else.
///
/// # Errors
/// Fails when it is not known which engine is meant, when it cannot be reached, or is too old.
pub(super) async fn connect(edge: &Edge) -> Result<(Client, Engine), Problems> {
    let located = locate(&edge.surroundings()).map_err(Problem::from)?;
    let endpoint = Endpoint::engine(located.address.clone());
    let settings = edge.settings.clone();
    // Only until it is there: then the build has the screen.
    let reporting = edge.deadline()?.reporting(move |text| {
        Ui::new(&settings).note(text);
    });
    // One after the other: a problem with the engine is told once.
    let connecting = async {
        let client = Client::connect(&endpoint).await;
        client.map_err(Problem::from)
    };
    let client = reporting.connecting(&located.address, connecting).await?;
    let engine = match client.capabilities().engine.clone() {
        Some(version) => Engine::known(&located.address, version, edge.deadline()?).await,
        None => Engine::connect_within(&located.address, edge.deadline()?).await,
    };
    let engine = engine.map_err(Problem::from)?;
    Ok((client, engine))
}
