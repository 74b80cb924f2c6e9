//! `dynrun stop NAME...`.

use clap::Parser;

use super::connection::{connect, container};
use super::down;
use super::verb::Verb;
use crate::cli::edge::Edge;
use crate::cli::exit::Exit;
use crate::cli::runtime::block_on;
use crate::engine::Engine;
use crate::launch::label;
use crate::operate::found;
use crate::problem::{Problem, ProblemKind, Problems};

/// Stop containers or deployments that dynrun started, and remove them
#[derive(Debug, Parser)]
pub(super) struct Stop {
    /// Names or ids of the containers, NAME/MEMBER of a member, or names of deployments
    #[arg(required = true)]
    names: Vec<String>,
    /// Seconds that a container has to end before it is killed
    #[arg(
        long,
        short = 't',
        value_name = "SECONDS",
        allow_negative_numbers = true
    )]
    time: Option<i64>,
    /// Do not remove them
    #[arg(long)]
    keep: bool,
}

impl Verb for Stop {
    fn run(self, edge: &mut Edge) -> Result<Exit, Problems> {
        block_on(stop_all(&self, edge))
    }
}

async fn stop_all(asked: &Stop, edge: &mut Edge) -> Result<Exit, Problems> {
    let engine = connect(edge).await?;
    let mut problems = Vec::new();
    for name in &asked.names {
        let stopped = if is_deployment(&engine, name).await? {
            down::end_named(&engine, name, asked.time, edge).await
        } else {
            stop(&engine, name, asked.time, asked.keep).await
        };
        match stopped {
            Ok(()) => edge.ui.print(name),
            Err(problem) => problems.push(problem),
        }
    }
    if problems.is_empty() {
        Ok(Exit::Done)
    } else {
        Err(Problems(problems))
    }
}

/// Returns whether a name is that of a deployment, and not of a container.
async fn is_deployment(engine: &Engine, name: &str) -> Result<bool, Problem> {
    let named = engine.container(name).await?.is_some();
    Ok(!named && !found(engine, name).await?.is_empty())
}

async fn stop(
    engine: &Engine,
    name: &str,
    seconds: Option<i64>,
    keep: bool,
) -> Result<(), Problem> {
    let facts = container(engine, name).await?;
    if !label::is_ours(facts.config.labels.as_ref()) {
        return Err(not_ours(name));
    }
    // By id: what has the name, or starts with it, may be another one by now.
    match engine.stop_container(&facts.id, seconds).await {
        // One with `--rm` that ended by itself meanwhile.
        Err(error) if error.status() == Some(404) => return Ok(()),
        stopped => stopped?,
    }
    if keep {
        return Ok(());
    }
    engine
        .remove_container(&facts.id)
        .await
        .map_err(Problem::from)
}

/// The container is somebody else's, and with it go its volumes.
fn not_ours(name: &str) -> Problem {
    let message = format!("Container `{name}` was not started by dynrun, or with `--no-defaults`");
    Problem::new(ProblemKind::Usage, message)
        .hint(format!("Stop it with docker: `docker stop {name}`"))
}
