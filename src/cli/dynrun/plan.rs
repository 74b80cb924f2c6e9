//! `dynrun plan`: what a deployment starts, and where.

use clap::Parser;

use super::deployment::{DeploymentArgs, Loaded, check_fit, load};
use super::verb::Verb;
use crate::cli::display::Format;
use crate::cli::edge::Edge;
use crate::cli::exit::Exit;
use crate::cli::output::json;
use crate::deploy::plan;
use crate::problem::Problems;

/// Show what a deployment starts: members, GPUs, ports, commands
///
/// Nothing is started, and no engine is asked.
#[derive(Debug, Parser)]
pub(super) struct Plan {
    #[command(flatten)]
    deployment: DeploymentArgs,
    /// Print a table, or JSON for programs
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: Format,
}

impl Verb for Plan {
    fn run(self, edge: &mut Edge) -> Result<Exit, Problems> {
        let Loaded {
            mut deployment,
            node,
        } = load(&self.deployment, edge)?;
        check_fit(&mut deployment, edge)?;
        let node = node.as_deref();
        match self.format {
            Format::Text => {
                let text = plan::text(&deployment, node, edge.ui.stdout.look());
                edge.ui.print_painted(&text);
            }
            Format::Json => {
                edge.ui.print(&json(&plan::json(&deployment, node)));
            }
        }
        Ok(Exit::Done)
    }
}
