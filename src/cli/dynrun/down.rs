//! `dynrun down NAME...`: ends deployments.

use std::time::Duration;

use clap::Parser;
use rustix::process::{Pid, Signal, kill_process};
use tokio::time::sleep;

use super::connection::connect;
use super::machines::{Machine, Target, forget_ended};
use super::place::place;
use super::verb::Verb;
use crate::cli::edge::Edge;
use crate::cli::exit::Exit;
use crate::cli::runtime::block_on;
use crate::deploy::supervise;
use crate::engine::Engine;
use crate::operate::{Found, Place, Supervising, found, remove_all, stop_all};
use crate::problem::{Problem, Problems};

const PAUSE: Duration = Duration::from_millis(100);

/// Stop deployments in order, and remove what they made
///
/// Frontends finish the requests that they have and take no more; then workers end, and services
/// last. Containers, networks and volumes of the deployment are removed.
#[derive(Debug, Parser)]
pub(super) struct Down {
    /// Names or files of the deployments
    #[arg(required = true, value_name = "FILE|NAME")]
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
    let mut problems = Vec::new();
    for word in &asked.names {
        let target = Target::find(word, edge)?;
        let name = target.name.clone();
        match end_everywhere(target, asked.time, edge).await {
            Ok(()) => edge.ui.print(&name),
            Err(found) => problems.extend(found.0),
        }
    }
    Problems(problems).or(Exit::Done)
}

/// Ends a deployment on all of its machines: first where the frontends are, so that those finish what
/// they have while the others still work for them.
pub(super) async fn end_everywhere(
    target: Target,
    seconds: Option<u32>,
    edge: &Edge,
) -> Result<(), Problems> {
    let name = target.name;
    let (mut parts, mut problems) = (Vec::new(), Vec::new());
    for mut machine in target.machines {
        match part(&name, &mut machine).await {
            Ok(part) => parts.push(part),
            Err(problem) => problems.push(machine.explain(problem)),
        }
    }
    parts.sort_by_key(|part| !part.has_frontend);
    // What ended there before needs no end; but somewhere there has to be something.
    if problems.is_empty() && !parts.iter().any(Part::is_there) {
        forget_ended(&name, edge);
        let message = format!("There is no deployment `{name}`");
        let problem = Problem::usage(message);
        return Err(problem.hint("List what runs: `dynrun ps`").into());
    }
    for part in parts.iter().filter(|part| part.is_there()) {
        let ended = end(&part.engine, &name, &part.place, seconds).await;
        problems.extend(ended.err());
    }
    forget_ended(&name, edge);
    Problems(problems).or(())
}

/// What a machine has of a deployment.
struct Part {
    engine: Engine,
    place: Place,
    has_frontend: bool,
    has_containers: bool,
}

impl Part {
    fn is_there(&self) -> bool {
        self.has_containers || self.place.record().is_some()
    }
}

async fn part(name: &str, machine: &mut Machine) -> Result<Part, Problem> {
    let engine = connect(&mut machine.edge).await?;
    let containers = found(&engine, name).await?;
    let is_frontend = |found: &Found| found.watched.part == supervise::Part::Frontend;
    Ok(Part {
        place: place(name, &machine.edge)?,
        has_frontend: containers.iter().any(is_frontend),
        has_containers: !containers.is_empty(),
        engine,
    })
}

async fn end(
    engine: &Engine,
    name: &str,
    place: &Place,
    seconds: Option<u32>,
) -> Result<(), Problem> {
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
