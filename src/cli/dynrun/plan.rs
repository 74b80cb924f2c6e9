//! `dynrun plan`: what a deployment starts, and where.

use clap::{Parser, ValueEnum};

use super::deployment::{DeploymentArgs, Loaded, check_fit, load};
use super::verb::Verb;
use crate::cli::edge::Edge;
use crate::cli::exit::Exit;
use crate::deploy::plan;
use crate::problem::Problems;
use crate::text::escape_json;

/// Show what a deployment starts: members, GPUs, ports, commands
///
/// Nothing is started, and no engine is asked.
#[derive(Debug, Parser)]
pub(super) struct Plan {
    #[command(flatten)]
    deployment: DeploymentArgs,
    /// Print a table, or JSON for programs
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: PlanFormat,
}

/// How the plan is printed.
#[derive(Clone, Copy, Debug, Default, ValueEnum)]
enum PlanFormat {
    /// For people.
    #[default]
    Text,
    /// For programs.
    Json,
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
            PlanFormat::Text => {
                let text = plan::text(&deployment, node, edge.ui.stdout.look());
                edge.ui.print_painted(&text);
            }
            PlanFormat::Json => {
                let json = plan::json(&deployment, node);
                let json = serde_json::to_string_pretty(&json).unwrap_or_default();
                edge.ui.print(&escape_json(&json));
            }
        }
        Ok(Exit::Done)
    }
}
