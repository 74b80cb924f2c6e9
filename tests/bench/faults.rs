//! What becomes of requests and workers when a part of the deployment is killed or away.

use std::path::Path;
use std::process::Command;
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::Result;
use crate::deployments::{Contender, Discovery, Place, state};
use crate::engine::{Engine, printed};
use crate::model::Model;

const IMAGE: &str = "dynamo:latest-dynamo-runtime";

/// Long enough for every restart and for leases of 10 s.
const WATCHED: Duration = Duration::from_secs(25);

#[derive(Clone, Copy)]
enum Fault {
    WorkerKilled,
    FrontendKilled,
    EtcdAway,
    NatsKilled,
    SupervisorKilled,
}

impl Fault {
    fn title(self) -> &'static str {
        match self {
            Self::WorkerKilled => "a worker is killed",
            Self::FrontendKilled => "the frontend is killed",
            Self::EtcdAway => "etcd is away for 12 s",
            Self::NatsKilled => "NATS is killed",
            Self::SupervisorKilled => "the supervisor is killed, then a worker",
        }
    }
}

/// Prints the table.
pub(crate) fn measure(engine: &Engine, place: &Place) -> Result<()> {
    println!(
        "\n| fault | dynrun | compose, the guide's file | compose, `dynrun export` |\n|---|---|---|---|"
    );
    let model = Model::at(&engine.address()?);
    for (discovery, fault) in [
        (Discovery::Files, Fault::WorkerKilled),
        (Discovery::Services, Fault::WorkerKilled),
        (Discovery::Files, Fault::FrontendKilled),
        (Discovery::Services, Fault::EtcdAway),
        (Discovery::Services, Fault::NatsKilled),
        (Discovery::Files, Fault::SupervisorKilled),
    ] {
        let mut cells = Vec::new();
        for contender in Contender::all(engine, place, discovery)? {
            contender.up()?;
            model.wait_for_workers(2)?;
            inflict(fault, engine, &place.work, &contender)?;
            cells.push(watch(&model));
            contender.down()?;
        }
        let (title, discovery) = (fault.title(), discovery.title());
        println!("| {title} ({discovery}) | {} |", cells.join(" | "));
    }
    Ok(())
}

fn inflict(fault: Fault, engine: &Engine, work: &Path, contender: &Contender) -> Result<()> {
    let container = |member: &str| format!("{}-{member}-0", contender.prefix);
    match fault {
        Fault::WorkerKilled => kill(engine, &container("agg")),
        Fault::FrontendKilled => kill(engine, &container("frontend")),
        Fault::NatsKilled => kill(engine, &container("nats")),
        Fault::EtcdAway => {
            engine.docker(&["pause", &container("etcd")])?;
            sleep(Duration::from_secs(12));
            engine.docker(&["unpause", &container("etcd")])?;
            Ok(())
        }
        Fault::SupervisorKilled => {
            if contender.name == "dynrun" {
                kill_supervisor(work)?;
            }
            kill(engine, &container("agg"))
        }
    }
}

/// SIGKILL, as when memory runs out; `docker kill` would count as wanted.
fn kill(engine: &Engine, container: &str) -> Result<()> {
    let pid = engine.docker(&["inspect", "--format", "{{.State.Pid}}", container])?;
    // Pids are those of the engine's namespace.
    let script = format!("kill -9 {pid}");
    let host = ["--pid", "host", "--privileged", "--user", "0"];
    let words = ["--entrypoint", "sh", IMAGE, "-c", &script];
    let words = [&["run", "--rm"][..], &host, &words].concat();
    engine.docker(&words).map(drop)
}

fn kill_supervisor(work: &Path) -> Result<()> {
    let deployments = state(work).join("dynrun/deployments");
    let found = fs_err::read_dir(deployments)?.filter_map(|entry| {
        let entry = entry.ok()?;
        let is_ours = entry.file_name().to_string_lossy().starts_with("bench.");
        is_ours.then(|| entry.path().join("lock"))
    });
    for lock in found {
        let pid = fs_err::read_to_string(lock)?;
        printed(Command::new("kill").args(["-9", pid.trim()]))?;
    }
    Ok(())
}

/// Asks for a while, and says how many requests failed, the last of them, and who serves at the end.
fn watch(model: &Model) -> String {
    let begun = Instant::now();
    let (mut failed, mut asked, mut last) = (0, 0, Duration::ZERO);
    while begun.elapsed() < WATCHED {
        let at = begun.elapsed();
        asked += 1;
        if model.complete().is_none() {
            failed += 1;
            last = at;
        }
        sleep(Duration::from_millis(100));
    }
    let until = match failed {
        0 => String::new(),
        _ => format!(", the last after {:.1} s", last.as_secs_f64()),
    };
    let serving = model.serving(8);
    format!("{failed} of {asked} failed{until}; {serving} of 2 serve")
}
