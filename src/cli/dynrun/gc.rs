//! `dynrun gc`: removes what ended, and what nobody follows any more.

use super::connection::{connect, refused};
use super::verb::Words;
use crate::cli::edge::Edge;
use crate::cli::runtime::block_on;
use crate::docker::run_flags::FlagDef;
use crate::engine::ContainerLine;
use crate::exit::Exit;
use crate::problem::Problems;
use crate::run::label::{self, Owner};

const FLAGS: &[FlagDef] = &[FlagDef::switch("dry-run", "Say what would be removed")];

pub(super) fn run(arguments: &[String], edge: &mut Edge) -> Result<Exit, Problems> {
    let dry_run = Words::parse(arguments, FLAGS)?.is_on("dry-run");
    block_on(async {
        let engine = connect(edge).await?;
        let containers = engine
            .containers_with_label(label::MANAGED)
            .await
            .map_err(refused)?;
        for container in containers.iter().filter(|container| is_garbage(container)) {
            if !dry_run {
                engine
                    .remove_container(&container.id)
                    .await
                    .map_err(refused)?;
            }
            edge.ui.print(container.name());
        }
        Ok(Exit::Done)
    })
}

/// Ended containers are garbage, and running ones whose dynrun was killed.
fn is_garbage(container: &ContainerLine) -> bool {
    match container.state.as_str() {
        "running" | "paused" | "restarting" => is_orphan(container),
        _ => true,
    }
}

/// Returns whether a container was followed by a process of this machine that is gone. One in the
/// background has no owner and is nobody's orphan.
pub(super) fn is_orphan(container: &ContainerLine) -> bool {
    let owner = container.labels.get(label::OWNER);
    let owner = owner.and_then(|owner| Owner::parse(owner));
    owner.is_some_and(|owner| owner.is_of_this_machine() && !owner.is_alive())
}
