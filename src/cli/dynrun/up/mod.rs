//! `dynrun up`: starts a deployment, proves that it answers, and keeps it alive.

mod background;
mod prepare;
mod run;
mod show;

use clap::Parser;

use super::deployment::DeploymentArgs;
use super::verb::Verb;
use crate::cli::edge::Edge;
use crate::cli::exit::Exit;
use crate::cli::runtime::block_on;
use crate::problem::Problems;

/// Start a deployment: services, frontends and workers that serve one model
///
/// The deployment is a file, the name of one that runs or ran here, or described by options such as
/// `--framework vllm --model Qwen/Qwen3-0.6B`. It is ready when every worker has answered a request.
/// What runs of it already is taken over.
#[derive(Debug, Parser)]
pub(super) struct Up {
    #[command(flatten)]
    deployment: DeploymentArgs,
    /// Return when it is ready; a process in the background keeps it alive
    #[arg(long, short)]
    detach: bool,
    /// Only print the `docker run` lines
    #[arg(long)]
    dry_run: bool,
    /// Be the process in the background
    #[arg(long, hide = true)]
    supervisor: bool,
}

impl Verb for Up {
    fn run(self, edge: &mut Edge) -> Result<Exit, Problems> {
        if self.dry_run {
            return prepare::dry_run(&self.deployment, edge);
        }
        if self.detach && !self.supervisor {
            return block_on(background::start(&self.deployment, edge));
        }
        block_on(Box::pin(run::run(&self.deployment, self.supervisor, edge)))
    }
}
