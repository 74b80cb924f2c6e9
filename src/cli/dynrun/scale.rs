//! `dynrun scale NAME WORKER=N...`: changes the number of replicas of a deployment that runs.

use std::io::{self, BufRead as _, BufReader, Seek as _, SeekFrom};
use std::path::PathBuf;
use std::time::Duration;

use clap::Parser;
use fs_err::File;
use rustix::process::Signal;
use tokio::time::{Instant, sleep};

use super::connection::connect;
use super::deployment::load_record;
use super::down::signal;
use super::machines::{Machine, Target};
use super::place::{machines_place, place, unwritable};
use super::verb::Verb;
use crate::cli::edge::Edge;
use crate::cli::exit::Exit;
use crate::cli::runtime::block_on;
use crate::engine::Engine;
use crate::operate::{Place, Record, found};
use crate::problem::{Problem, Problems};

const PAUSE: Duration = Duration::from_millis(200);

/// How long members may take to drain and end, or to be there.
const LIMIT: Duration = Duration::from_secs(600);

/// Change the number of replicas of a deployment that runs
///
/// A replica that goes leaves discovery first, then finishes its requests, and then ends. One that was
/// given up is tried again. Of a deployment on several machines, those are scaled that were started
/// from here.
#[derive(Debug, Parser)]
pub(super) struct Scale {
    /// Name or file of the deployment
    #[arg(value_name = "FILE|NAME")]
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
    let target = Target::find(&asked.name, edge)?;
    let name = &target.name;
    let mut parts = Vec::new();
    for mut machine in target.machines {
        let part = part(name, &mut machine).await;
        parts.push(part.map_err(|problem| machine.explain(problem))?);
    }
    for part in &parts {
        part.remember(&asked.wishes, edge)?;
    }
    if let Some(place) = machines_place(name, edge)
        && let Some(mut record) = place.record()
    {
        record.replicas.extend(asked.wishes.iter().cloned());
        place
            .write(&record)
            .map_err(|error| unwritable(name, &error))?;
    }
    for part in &parts {
        signal(part.supervisor, Signal::USR1);
    }
    for (worker, count) in &asked.wishes {
        for part in &mut parts {
            let here = part.place.record().unwrap_or_default();
            let count = load_record(&here, edge)?.replicas(worker);
            until_there(part, name, (worker, count), edge).await?;
        }
        edge.ui.print(&format!("{name}: {worker} {count}"));
    }
    Ok(Exit::Done)
}

/// What runs of a deployment on one machine.
struct Part {
    engine: Engine,
    place: Place,
    record: Record,
    supervisor: u32,
    log: SupervisorLog,
}

/// What a supervisor writes from now on.
struct SupervisorLog {
    path: PathBuf,
    read: u64,
}

impl SupervisorLog {
    fn from_its_end(path: PathBuf) -> Self {
        let read = fs_err::metadata(&path).map_or(0, |metadata| metadata.len());
        Self { path, read }
    }

    /// Shows the lines that were finished meanwhile: why members that are to come do not.
    fn show(&mut self, edge: &mut Edge) {
        // Whatever cannot be read is in the log still.
        let Ok(mut lines) = self.open() else { return };
        let mut line = Vec::new();
        while let Ok(length) = lines.read_until(b'\n', &mut line)
            && line.ends_with(b"\n")
        {
            edge.ui.quote(&String::from_utf8_lossy(&line));
            self.read += length as u64;
            line.clear();
        }
    }

    fn open(&self) -> io::Result<BufReader<File>> {
        let mut file = File::open(&self.path)?;
        file.seek(SeekFrom::Start(self.read))?;
        Ok(BufReader::new(file))
    }
}

async fn part(name: &str, machine: &mut Machine) -> Result<Part, Problem> {
    let engine = connect(&mut machine.edge).await?;
    let place = place(name, &machine.edge)?;
    let (Some(record), Some(supervisor)) = (place.record(), place.supervisor()) else {
        let message = format!("Deployment `{name}` is not supervised");
        return Err(Problem::usage(message).hint(format!("Take it over: `dynrun up -d {name}`")));
    };
    Ok(Part {
        engine,
        log: SupervisorLog::from_its_end(place.log()),
        place,
        record,
        supervisor: supervisor.process,
    })
}

impl Part {
    /// Writes down what is wished for. Whatever is wrong with it, the supervisor must not read it later.
    fn remember(&self, wishes: &[(String, u32)], edge: &Edge) -> Result<(), Problems> {
        let mut record = self.record.clone();
        record.replicas.extend(wishes.iter().cloned());
        load_record(&record, edge)?;
        let written = self.place.write(&record);
        Ok(written.map_err(|error| unwritable(&self.place.name(), &error))?)
    }
}

/// Waits until as many replicas run here.
async fn until_there(
    part: &mut Part,
    name: &str,
    (worker, count): (&str, usize),
    edge: &mut Edge,
) -> Result<(), Problem> {
    let begun = Instant::now();
    while part.place.supervisor().is_some() && begun.elapsed() < LIMIT {
        part.log.show(edge);
        let all = found(&part.engine, name).await?;
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
    Err(Problem::usage(message).hint(format!(
        "See what runs: `dynrun ps`; the supervisor's log is `{}`",
        part.log.path.display()
    )))
}
