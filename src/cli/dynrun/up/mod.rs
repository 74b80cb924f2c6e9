//! `dynrun up`: starts a deployment, proves that it answers, and keeps it alive.

mod background;
mod machines;
mod prepare;
mod run;
mod show;

use clap::Parser;
use tokio_util::sync::CancellationToken;

use self::run::Way;
use super::deployment::{DeploymentArgs, Loaded, load};
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
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a flag that can be typed"
)]
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
    /// Say of everything on which machine it is
    #[arg(long, hide = true)]
    named: bool,
}

impl Verb for Up {
    fn run(self, edge: &mut Edge) -> Result<Exit, Problems> {
        if self.dry_run {
            return prepare::dry_run(&self.deployment, edge);
        }
        block_on(Box::pin(start(&self, edge)))
    }
}

async fn start(up: &Up, edge: &mut Edge) -> Result<Exit, Problems> {
    let asked = &up.deployment;
    let never = CancellationToken::new();
    if up.supervisor {
        let node = asked.node.as_deref().filter(|_| up.named);
        let ended = Box::pin(run::run(asked, Way::Background(node), &never, edge)).await;
        return ended.map_err(|problems| match node {
            Some(node) => machines::on_machine(node, problems),
            None => problems,
        });
    }
    let loaded = load(asked, edge)?;
    if is_driven(&loaded, edge) {
        return machines::run(asked, &loaded, up.detach, edge).await;
    }
    if up.detach {
        background::start(asked, None, &never, edge).await
    } else {
        Box::pin(run::run(asked, Way::Foreground, &never, edge)).await
    }
}

/// Returns whether the engines are those that the file names. Of one machine, the environment may say
/// otherwise, for example on the machine itself.
fn is_driven(loaded: &Loaded, edge: &Edge) -> bool {
    let node = loaded.node.as_ref();
    let mut engines = loaded
        .deployment
        .used_nodes()
        .filter(|known| known.engine.is_some() && node.is_none_or(|node| known.name == *node));
    engines.next().is_some() && (node.is_none() || !names_engine(edge))
}

/// Returns whether the environment says which engine is meant.
fn names_engine(edge: &Edge) -> bool {
    let mut variables = ["DOCKER_HOST", "DOCKER_CONTEXT"].iter();
    variables.any(|name| edge.environment.get(name).is_some())
}
