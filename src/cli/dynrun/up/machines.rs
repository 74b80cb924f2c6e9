//! A deployment on the engines of several machines, all driven from here.
//!
//! Each machine's part is run as if it had been started alone, with `DOCKER_HOST` and `--node`: with a
//! lock, a record and a log of its own. So there is never more than one supervisor of a part, however
//! it was started, a part that was left behind is adopted like any other, and with `-d`, where each
//! part has a process of its own, the end of one supervisor concerns one machine.

use futures_util::future::join_all;
use tokio_util::sync::CancellationToken;

use super::run::Way;
use super::{background, run};
use crate::cli::dynrun::connection::connect;
use crate::cli::dynrun::deployment::{DeploymentArgs, Loaded, arguments_of, is_named};
use crate::cli::dynrun::machines::{self, forget_ended, remember};
use crate::cli::dynrun::place::{machines_place, place, remembered};
use crate::cli::edge::Edge;
use crate::cli::exit::Exit;
use crate::deploy::Deployment;
use crate::operate::Record;
use crate::problem::{Problem, Problems};

/// What one machine has of a deployment.
struct Part {
    node: String,
    asked: DeploymentArgs,
    edge: Edge,
}

/// Runs all parts until they end, or until they are ready with `detach`. When one cannot be started,
/// the others end as well.
///
/// # Errors
/// Returns what is wrong with engines before anything is started, and what parts ended with.
pub(super) async fn run(
    asked: &DeploymentArgs,
    Loaded { deployment, node }: &Loaded,
    detach: bool,
    edge: &mut Edge,
) -> Result<Exit, Problems> {
    let mut parts = parts(asked, deployment, node.as_deref(), edge)?;
    ask_engines(&mut parts, deployment).await?;
    remember(
        &deployment.name,
        &record(asked, deployment, &parts, edge),
        edge,
    )?;
    leave_supervised(&mut parts, &deployment.name);
    let stop = CancellationToken::new();
    let is_one = parts.len() == 1;
    let running = parts
        .iter_mut()
        .map(|part| run_part(part, is_one, detach, &stop));
    let ended = join_all(running).await;
    forget_ended(&deployment.name, edge);
    let mut problems = Vec::new();
    let mut exit = Exit::Done;
    for ended in ended {
        match ended {
            Ok(other) if exit == Exit::Done => exit = other,
            Ok(_) => {}
            Err(problem) => problems.extend(problem.0),
        }
    }
    Problems(problems).or(exit)
}

/// Leaves parts alone that have a supervisor already; if all have, each says so.
fn leave_supervised(parts: &mut Vec<Part>, name: &str) {
    let is_free = |part: &Part| {
        let place = place(name, &part.edge);
        place.is_ok_and(|place| place.supervisor().is_none())
    };
    if parts.iter().any(is_free) {
        parts.retain(is_free);
    }
}

async fn run_part(
    part: &mut Part,
    is_one: bool,
    detach: bool,
    stop: &CancellationToken,
) -> Result<Exit, Problems> {
    let node = (!is_one).then_some(part.node.as_str());
    let ended = if detach {
        background::start(&part.asked, node, stop, &mut part.edge).await
    } else {
        let way = node.map_or(Way::Foreground, Way::OneOfSeveral);
        Box::pin(run::run(&part.asked, way, stop, &mut part.edge)).await
    };
    // What the end of another one ended has not failed.
    if stop.is_cancelled() && ended.is_ok() {
        return Ok(Exit::Done);
    }
    // One that is late goes on, and so do the others.
    if !detach || !matches!(ended, Ok(Exit::Done | Exit::TimedOut)) {
        stop.cancel();
    }
    ended.map_err(|problems| on_machine(&part.node, problems))
}

/// Says on which machine problems are.
pub(super) fn on_machine(node: &str, problems: Problems) -> Problems {
    let problems = problems.0.into_iter();
    let named = problems.map(|one| machines::on_machine(node, one));
    named.collect()
}

/// Returns the parts, each with the engine that the file names.
fn parts(
    asked: &DeploymentArgs,
    deployment: &Deployment,
    only: Option<&str>,
    edge: &Edge,
) -> Result<Vec<Part>, Problems> {
    let name = &deployment.name;
    let group = known(asked, name, edge);
    // Of one that was named, what was started from here.
    let is_meant = |name: &String| {
        let here = group.as_ref();
        only.is_none_or(|only| name == only)
            && here.is_none_or(|here| here.engines.contains_key(name))
    };
    let used = deployment.used_nodes();
    let meant: Vec<_> = used.filter(|node| is_meant(&node.name)).collect();
    let missing = meant.iter().filter(|node| node.engine.is_none());
    let missing: Vec<_> = missing
        .map(|node| no_engine(&node.name, deployment))
        .collect();
    if !missing.is_empty() {
        return Err(Problems(missing));
    }
    let mut parts = Vec::new();
    for node in meant {
        let edge = edge.at_engine(node.engine.as_deref().unwrap_or_default());
        let mut asked = match &group {
            // One whose own record is gone starts as all did.
            Some(group) if remembered(name, &edge).is_none() => arguments_of(group)?,
            _ => asked.clone(),
        };
        asked.node = Some(node.name.clone());
        parts.push(Part {
            node: node.name.clone(),
            asked,
            edge,
        });
    }
    Ok(parts)
}

/// Returns what is remembered of all parts together.
fn record(asked: &DeploymentArgs, deployment: &Deployment, parts: &[Part], edge: &Edge) -> Record {
    let mut record = known(asked, &deployment.name, edge).unwrap_or_else(|| {
        let mut all = asked.clone();
        all.node = None;
        Record {
            arguments: all.arguments(edge),
            ..Record::default()
        }
    });
    let started = parts.iter().map(|part| part.node.as_str());
    for node in started {
        let mut nodes = deployment.nodes.iter();
        let engine = nodes.find(|known| known.name == node);
        let engine = engine.and_then(|known| known.engine.clone());
        record
            .engines
            .extend(engine.map(|engine| (node.to_owned(), engine)));
    }
    record
}

/// Returns what is remembered of one that was named.
fn known(asked: &DeploymentArgs, name: &str, edge: &Edge) -> Option<Record> {
    let place = machines_place(name, edge).filter(|_| is_named(asked, edge))?;
    place.record()
}

/// Asks all engines, before anything is started on one of them.
async fn ask_engines(parts: &mut [Part], deployment: &Deployment) -> Result<(), Problems> {
    let asked = parts.iter_mut().map(|part| async {
        let connected = connect(&mut part.edge).await;
        connected
            .err()
            .map(|problem| silent(&part.node, problem, deployment))
    });
    let problems: Vec<_> = join_all(asked).await.into_iter().flatten().collect();
    Problems(problems).or(())
}

fn silent(node: &str, mut problem: Problem, deployment: &Deployment) -> Problem {
    let why = std::mem::replace(
        &mut problem.message,
        format!("The engine of machine `{node}` cannot be used"),
    );
    problem.causes.insert(0, why);
    let hint = "Start it there, or correct `engine`: `docker -H ENGINE version` shows what answers";
    problem.hints = vec![hint.to_owned()];
    let table = deployment.file.nodes.get(node);
    match table.and_then(|table| table.engine.as_ref()) {
        Some(engine) => problem.excerpt(engine.at.excerpt("here")),
        None => problem,
    }
}

fn no_engine(node: &str, deployment: &Deployment) -> Problem {
    let message = format!("It is not known where the engine of machine `{node}` is");
    let hint = format!(
        "Add it: `[nodes.{node}] engine = \"ssh://HOST\"`, or start each machine's part with `--node`"
    );
    let problem = Problem::usage(message).hint(hint);
    let mut nodes = deployment.file.nodes.iter();
    match nodes.find(|(name, _)| name.value == node) {
        Some((name, _)) => problem.excerpt(name.at.excerpt("here")),
        None => problem,
    }
}
