//! `dynrun ps`: the containers that dynrun started.

use clap::Parser;

use super::connection::{connect, refused};
use super::gc::is_orphaned;
use super::verb::Verb;
use crate::cli::edge::Edge;
use crate::cli::runtime::block_on;
use crate::exit::Exit;
use crate::launch::label;
use crate::problem::Problems;

/// List the containers that dynrun started
#[derive(Debug, Parser)]
pub(super) struct Ps {
    /// Print names only
    #[arg(long, short)]
    quiet: bool,
}

impl Verb for Ps {
    fn run(self, edge: &mut Edge) -> Result<Exit, Problems> {
        block_on(list(self.quiet, edge))
    }
}

async fn list(quiet: bool, edge: &mut Edge) -> Result<Exit, Problems> {
    let engine = connect(edge).await?;
    let containers = engine
        .containers_with_label(label::MANAGED)
        .await
        .map_err(refused)?;
    if quiet {
        for container in &containers {
            edge.ui.print(container.name());
        }
        return Ok(Exit::Done);
    }
    edge.ui.print(&format!(
        "{:<28} {:<40} {:<26} {}",
        "NAME", "IMAGE", "STATUS", "FOLLOWED BY"
    ));
    for container in &containers {
        let owner = container
            .labels
            .get(label::OWNER)
            .map_or("", String::as_str);
        let owner = match (owner, container.state.as_str()) {
            ("", _) => "-",
            (_, "running") if is_orphaned(container) => "nobody",
            (owner, _) => owner,
        };
        edge.ui.print(&format!(
            "{:<28} {:<40} {:<26} {owner}",
            container.name(),
            container.image,
            container.status
        ));
    }
    Ok(Exit::Done)
}
