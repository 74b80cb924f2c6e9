//! `dynrun stop NAME...`.

use clap::Parser;

use super::down;
use super::machines::Target;
use super::verb::Verb;
use crate::cli::edge::Edge;
use crate::cli::exit::Exit;
use crate::cli::runtime::block_on;
use crate::engine::{ContainerFacts, Engine};
use crate::launch::label;
use crate::problem::{Problem, Problems};

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
    let mut problems = Vec::new();
    for name in &asked.names {
        let target = Target::find(name, edge)?;
        match stop_target(asked, target, edge).await {
            Ok(()) => edge.ui.print(name),
            Err(found) => problems.extend(found.0),
        }
    }
    Problems(problems).or(Exit::Done)
}

async fn stop_target(asked: &Stop, target: Target, edge: &Edge) -> Result<(), Problems> {
    let name = target.name.clone();
    let mut found = target.again().containers().await?;
    let first = found.swap_remove(0);
    if first.member.is_some() {
        let seconds = asked.time.and_then(|seconds| u32::try_from(seconds).ok());
        return down::end_everywhere(target, seconds, edge).await;
    }
    Ok(stop(&first.engine, first.facts, &name, asked).await?)
}

async fn stop(
    engine: &Engine,
    facts: ContainerFacts,
    name: &str,
    Stop { time, keep, .. }: &Stop,
) -> Result<(), Problem> {
    if !label::is_ours(facts.config.labels.as_ref()) {
        return Err(not_ours(name));
    }
    // By id: what has the name, or starts with it, may be another one by now.
    match engine.stop_container(&facts.id, *time).await {
        // One with `--rm` that ended by itself meanwhile.
        Err(error) if error.status() == Some(404) => return Ok(()),
        stopped => stopped?,
    }
    if *keep {
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
    Problem::usage(message).hint(format!("Stop it with docker: `docker stop {name}`"))
}
