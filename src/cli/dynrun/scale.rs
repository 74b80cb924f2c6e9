//! `dynrun scale NAME WORKER=N...`: changes the number of replicas of a deployment that runs.

use std::time::Duration;

use clap::Parser;
use rustix::process::Signal;
use tokio::time::{Instant, sleep};

use super::connection::connect;
use super::deployment::load_record;
use super::down::signal;
use super::place::place;
use super::verb::Verb;
use crate::cli::edge::Edge;
use crate::cli::exit::Exit;
use crate::cli::runtime::block_on;
use crate::engine::Engine;
use crate::operate::{Place, found};
use crate::problem::{Problem, ProblemKind, Problems};

const PAUSE: Duration = Duration::from_millis(200);

/// How long members may take to drain and end, or to be there.
const LIMIT: Duration = Duration::from_secs(600);

/// Change the number of replicas of a deployment that runs
///
/// A replica that goes leaves discovery first, then finishes its requests, and then ends. Of a
/// deployment on several machines, each machine is scaled by its own call.
#[derive(Debug, Parser)]
pub(super) struct Scale {
    /// Name of the deployment
    name: String,
    /// Workers and how many replicas they are to have, for example decode=3
    #[arg(required = true, value_name = "WORKER=N", value_parser = wish)]
    wishes: Vec<(String, u32)>,
}

impl Verb for Scale {
    fn run(self, edge: &mut Edge) -> Result<Exit, Problems> {
        block_on(scale(&self, edge))
    }
}

fn wish(text: &str) -> Result<(String, u32), String> {
    let wrong = || "it is WORKER=N, for example `decode=3`".to_owned();
    let (worker, count) = text.split_once('=').ok_or_else(wrong)?;
    let count = count.parse().ok().filter(|_| !worker.is_empty());
    count
        .map(|count| (worker.to_owned(), count))
        .ok_or_else(wrong)
}

async fn scale(asked: &Scale, edge: &mut Edge) -> Result<Exit, Problems> {
    let engine = connect(edge).await?;
    let name = &asked.name;
    let place = place(name, edge)?;
    let (Some(mut record), Some(supervisor)) = (place.record(), place.supervisor()) else {
        let message = format!("Deployment `{name}` is not supervised");
        return Err(Problem::new(ProblemKind::Usage, message)
            .hint(format!("Take it over: `dynrun up -d {name}`"))
            .into());
    };
    let before = record.clone();
    record.replicas.extend(asked.wishes.iter().cloned());
    place
        .write(&record)
        .map_err(|error| Problem::from_error(ProblemKind::Usage, &error))?;
    let loaded = match load_record(&record, edge) {
        Ok(loaded) => loaded,
        Err(problems) => {
            // Whatever is wrong with the wish, the supervisor must not read it later.
            place
                .write(&before)
                .map_err(|error| Problem::from_error(ProblemKind::Usage, &error))?;
            return Err(problems);
        }
    };
    signal(supervisor.process, Signal::USR1);
    for (worker, count) in &asked.wishes {
        until_there(&engine, &place, name, (worker, loaded.replicas(worker))).await?;
        edge.ui.print(&format!("{name}: {worker} {count}"));
    }
    Ok(Exit::Done)
}

/// Waits until as many replicas run here.
async fn until_there(
    engine: &Engine,
    place: &Place,
    name: &str,
    (worker, count): (&str, usize),
) -> Result<(), Problem> {
    let begun = Instant::now();
    while place.supervisor().is_some() && begun.elapsed() < LIMIT {
        let all = found(engine, name).await?;
        let prefix = format!("{worker}-");
        let own = |replica: &str| {
            replica
                .strip_prefix(&prefix)
                .is_some_and(|number| number.parse::<u32>().is_ok())
        };
        let mut replicas: Vec<_> = all
            .iter()
            .filter(|container| container.is_running() && own(&container.watched.replica))
            .map(|container| &container.watched.replica)
            .collect();
        replicas.sort();
        replicas.dedup();
        if replicas.len() == count {
            return Ok(());
        }
        sleep(PAUSE).await;
    }
    let message = format!("`{worker}` of `{name}` did not come to {count}");
    Err(Problem::new(ProblemKind::Usage, message).hint(format!(
        "See what runs: `dynrun ps`; the supervisor's log is `{}`",
        place.log().display()
    )))
}
