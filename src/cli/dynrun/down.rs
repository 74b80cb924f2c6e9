//! `dynrun down NAME...`: ends deployments.

use std::time::Duration;

use clap::Parser;
use rustix::process::{Pid, Signal, kill_process};
use tokio::time::sleep;

use super::connection::connect;
use super::place::place;
use super::verb::Verb;
use crate::cli::edge::Edge;
use crate::cli::exit::Exit;
use crate::cli::runtime::block_on;
use crate::engine::Engine;
use crate::operate::{Place, Supervising, found, remove_all, stop_all};
use crate::problem::{Problem, ProblemKind, Problems};

const PAUSE: Duration = Duration::from_millis(100);

/// Stop deployments in order, and remove what they made
///
/// Frontends finish the requests that they have and take no more; then workers end, and services
/// last. Containers, networks and volumes of the deployment are removed.
#[derive(Debug, Parser)]
pub(super) struct Down {
    /// Names of the deployments
    #[arg(required = true)]
    names: Vec<String>,
    /// Seconds that each member has to end before it is killed
    #[arg(long, short = 't', value_name = "SECONDS")]
    time: Option<u32>,
}

impl Verb for Down {
    fn run(self, edge: &mut Edge) -> Result<Exit, Problems> {
        block_on(end_all(&self, edge))
    }
}

async fn end_all(asked: &Down, edge: &mut Edge) -> Result<Exit, Problems> {
    let engine = connect(edge).await?;
    let mut problems = Vec::new();
    for name in &asked.names {
        let place = place(name, edge)?;
        match end(&engine, name, &place, asked.time).await {
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

/// Ends the deployment of this name, as far as it is on this engine.
pub(super) async fn end_named(
    engine: &Engine,
    name: &str,
    seconds: Option<i64>,
    edge: &Edge,
) -> Result<(), Problem> {
    let seconds = seconds.and_then(|seconds| u32::try_from(seconds).ok());
    end(engine, name, &place(name, edge)?, seconds).await
}

async fn end(
    engine: &Engine,
    name: &str,
    place: &Place,
    seconds: Option<u32>,
) -> Result<(), Problem> {
    let known = place.record().is_some();
    let there = !found(engine, name).await?.is_empty();
    if !known && !there {
        let message = format!("There is no deployment `{name}`");
        return Err(Problem::new(ProblemKind::Usage, message).hint("List what runs: `dynrun ps`"));
    }
    // With a limit of its own, the supervisor must not wait longer.
    match place.supervisor() {
        Some(supervisor) if seconds.is_none() => end_supervisor(&supervisor, Signal::TERM).await,
        Some(supervisor) => {
            end_supervisor(&supervisor, Signal::KILL).await;
            stop(engine, name, seconds).await?;
        }
        None => stop(engine, name, seconds).await?,
    }
    remove_all(engine, name).await?;
    place.forget();
    Ok(())
}

async fn stop(engine: &Engine, name: &str, seconds: Option<u32>) -> Result<(), Problem> {
    let stopped = stop_all(engine, name, seconds.map(i64::from)).await;
    stopped.map(drop).map_err(Problem::from)
}

/// Sends a supervisor a signal, and waits for its end.
async fn end_supervisor(supervisor: &Supervising, how: Signal) {
    signal(supervisor.process, how);
    while !supervisor.has_ended() {
        sleep(PAUSE).await;
    }
}

/// Sends a signal; one that has ended needs none.
pub(super) fn signal(process: u32, signal: Signal) {
    if let Some(pid) = i32::try_from(process).ok().and_then(Pid::from_raw) {
        kill_process(pid, signal).ok();
    }
}
