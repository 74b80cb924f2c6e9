//! `dynrun stop NAME...`.

use super::connection::{connect, refused};
use super::verb::{Words, usage};
use crate::cli::edge::Edge;
use crate::cli::runtime::block_on;
use crate::docker::run_flags::FlagDef;
use crate::engine::Engine;
use crate::exit::Exit;
use crate::launch::label;
use crate::problem::{Problem, Problems};

const FLAGS: &[FlagDef] = &[
    FlagDef::value("time", "seconds", "Time to end before it is killed").short('t'),
    FlagDef::switch("keep", "Do not remove it"),
];

pub(super) fn run(arguments: &[String], edge: &mut Edge) -> Result<Exit, Problems> {
    let words = Words::parse(arguments, FLAGS)?;
    words.name("stop NAME...")?;
    let seconds = words.value("time").map(str::parse).transpose();
    let seconds =
        seconds.map_err(|_| usage("the time is not a number of seconds", "write `-t 30`"))?;
    let keep = words.is_on("keep");
    block_on(async {
        let engine = connect(edge).await?;
        let mut problems = Vec::new();
        for name in words.names() {
            match stop(&engine, name, seconds, keep).await {
                Ok(()) => edge.ui.print(name),
                Err(problem) => problems.push(problem),
            }
        }
        if problems.is_empty() {
            Ok(Exit::Done)
        } else {
            Err(Problems(problems))
        }
    })
}

async fn stop(
    engine: &Engine,
    name: &str,
    seconds: Option<i64>,
    keep: bool,
) -> Result<(), Problem> {
    let facts = engine.container(name).await.map_err(refused)?;
    let facts = facts.ok_or_else(|| no_container(name))?;
    if !label::is_ours(facts.config.labels.as_ref()) {
        return Err(not_ours(name));
    }
    // By id: what has the name, or starts with it, may be another one by now.
    match engine.stop_container(&facts.id, seconds).await {
        // One with `--rm` that ended by itself meanwhile.
        Err(error) if error.status() == Some(404) => return Ok(()),
        stopped => stopped.map_err(refused)?,
    }
    if keep {
        return Ok(());
    }
    engine.remove_container(&facts.id).await.map_err(refused)
}

/// The container is somebody else's, and with it go its volumes.
fn not_ours(name: &str) -> Problem {
    let hint = format!("end it with `docker stop {name}`; `dynrun ps` lists those of dynrun");
    usage(
        format!("container `{name}` was not started by dynrun, or with `--no-defaults`"),
        &hint,
    )
}

/// There is no container of that name.
pub(super) fn no_container(name: &str) -> Problem {
    usage(
        format!("there is no container `{name}`"),
        "`dynrun ps` lists those that there are",
    )
}
