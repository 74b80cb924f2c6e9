//! `dynrun ps`: the containers that dynrun started.

use super::connection::{connect, refused};
use super::gc::is_forsaken;
use super::verb::Words;
use crate::cli::edge::Edge;
use crate::cli::runtime::block_on;
use crate::docker::run_flags::FlagDef;
use crate::exit::Exit;
use crate::launch::label;
use crate::problem::Problems;

const FLAGS: &[FlagDef] = &[FlagDef::switch("quiet", "Print names only").short('q')];

pub(super) fn run(arguments: &[String], edge: &mut Edge) -> Result<Exit, Problems> {
    let quiet = Words::parse(arguments, FLAGS)?.is_on("quiet");
    block_on(async {
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
                (_, "running") if is_forsaken(container) => "nobody",
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
    })
}
