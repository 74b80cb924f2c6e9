//! Running a deployment to its end, in the foreground or as the process in the background.

use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio_util::sync::CancellationToken;

use super::prepare;
use super::show::Shown;
use crate::cli::dynrun::connection::connect;
use crate::cli::dynrun::deployment::{
    DeploymentArgs, Loaded, check_fit, is_named, load, load_record,
};
use crate::cli::dynrun::place::{place, unwritable};
use crate::cli::dynrun::wait::engine_address;
use crate::cli::edge::Edge;
use crate::cli::exit::Exit;
use crate::deploy::Deployment;
use crate::launch::live::signals::Signals;
use crate::operate::{
    Command, Ended, Launcher, Lock, Operation, Place, Record, Settings, check_ports, found,
    give_gpus, remove_all,
};
use crate::problem::{Problem, ProblemKind, Problems};

/// How a deployment is run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way<'a> {
    Foreground,
    /// The part of this machine, with others in the foreground.
    OneOfSeveral(&'a str),
    /// With others, if a machine is named.
    Background(Option<&'a str>),
}

/// Runs a deployment until it ends, or is stopped by who runs others besides.
pub(super) async fn run(
    asked: &DeploymentArgs,
    way: Way<'_>,
    stop: &CancellationToken,
    edge: &mut Edge,
) -> Result<Exit, Problems> {
    let signals = Signals::catch();
    let mut signals = signals.map_err(|error| Problem::from_error(ProblemKind::Usage, &error))?;
    let Loaded {
        mut deployment,
        node,
    } = load(asked, edge)?;
    if node.is_none() && !deployment.nodes.is_empty() {
        return Err(which_machine(asked, &deployment).into());
    }
    check_fit(&mut deployment, edge)?;
    prepare::show_findings(&deployment, edge);
    let engine = connect(edge).await?;
    prepare::model_directories(&engine, &deployment)?;
    let place = place(&deployment.name, edge)?;
    let _lock = lock(&place, &deployment.name)?;
    let launcher = prepare::launcher(engine, &deployment, edge).await?;
    let engine = &launcher.engine;
    let devices = &launcher.facts.cdi_devices;
    give_gpus(engine, devices, &mut deployment, node.as_deref()).await?;
    let running = found(engine, &deployment.name).await?;
    check_ports(&launcher, &deployment, node.as_deref(), &running).await?;
    tokio::select! {
        fetched = prepare::images(&launcher, &deployment, node.as_deref(), edge) => fetched?,
        exit = end_is_asked(&mut signals) => return Ok(exit),
        () = stop.cancelled() => return Ok(Exit::Cancelled),
    }
    remember(&place, asked, edge)?;
    prepare::network(engine, &deployment).await?;
    // Since then images may have been pulled, and what a killed dynrun was starting runs.
    let running = found(engine, &deployment.name).await?;
    let settings = Settings {
        node,
        file: asked.file.clone().unwrap_or_default(),
        logs: !matches!(way, Way::Background(_)),
        engine_address: engine_address(edge),
    };
    let name = deployment.name.clone();
    let mut shown = match way {
        Way::Foreground => Shown::new(&deployment, None, None),
        Way::OneOfSeveral(node) => Shown::new(&deployment, Some(node), None),
        Way::Background(node) => Shown::new(&deployment, node, Some(place.log())),
    };
    let (sender, commands) = unbounded_channel();
    let reloading = edge.again();
    let mut report = |event| shown.report(event, edge);
    let operation = Operation::new(&launcher, deployment, settings, &mut report);
    let ended = tokio::select! {
        ended = Box::pin(operation.run(running, commands)) => ended,
        never = pass_on(&mut signals, &sender, (&place, &launcher), &reloading) => never,
        never = pass_on_stop(stop, &sender) => never,
    };
    remove_all(engine, &name).await?;
    place.forget();
    Ok(ended.into())
}

/// Passes on that the others ended.
async fn pass_on_stop(stop: &CancellationToken, commands: &UnboundedSender<Command>) -> Ended {
    stop.cancelled().await;
    commands.send(Command::Stop).ok();
    std::future::pending().await
}

/// Waits for a signal that asks to end.
async fn end_is_asked(signals: &mut Signals) -> Exit {
    loop {
        let caught = signals.next().await;
        if caught.asks_to_end() {
            return caught.into();
        }
    }
}

/// All members of all machines cannot run on this one.
fn which_machine(asked: &DeploymentArgs, deployment: &Deployment) -> Problem {
    let names = deployment
        .nodes
        .iter()
        .map(|node| format!("`{}`", node.name));
    let message = format!(
        "Deployment `{}` has several machines, and it is not said which one this is",
        deployment.name
    );
    let first = deployment.nodes.first();
    Problem::usage(message).hint(format!(
        "Name it, one of {}: `dynrun up {} --node {}`",
        names.collect::<Vec<_>>().join(", "),
        asked.file.as_deref().unwrap_or(&deployment.name),
        first.map_or("", |node| &node.name),
    ))
}

fn lock(place: &Place, name: &str) -> Result<Lock, Problem> {
    match place.lock() {
        Ok(Ok(lock)) => Ok(lock),
        Ok(Err(other)) => {
            let other = other.map_or_else(String::new, |number| format!(" by process {number}"));
            let message = format!("Deployment `{name}` is supervised already{other}");
            Err(Problem::usage(message).hint(format!("Stop it: `dynrun down {name}`")))
        }
        Err(error) => Err(unwritable(name, &error)),
    }
}

/// Writes how it was started, so that its name is enough later. One that was named keeps what is
/// known of it.
fn remember(place: &Place, asked: &DeploymentArgs, edge: &Edge) -> Result<(), Problem> {
    let named = is_named(asked, edge);
    let record = place.record().filter(|_| named).unwrap_or_else(|| Record {
        arguments: asked.arguments(edge),
        ..Record::default()
    });
    let name = place.name();
    place
        .write(&record)
        .map_err(|error| unwritable(&name, &error))
}

/// Passes signals on: those that ask to end, and the one that says that the record has changed.
async fn pass_on(
    signals: &mut Signals,
    commands: &UnboundedSender<Command>,
    (place, launcher): (&Place, &Launcher),
    edge: &Edge,
) -> Ended {
    loop {
        let caught = signals.next().await;
        if caught.asks_to_end() {
            commands.send(Command::Stop).ok();
        } else if caught.name() == "USR1"
            && let Some(deployment) = changed(place, launcher, edge).await
        {
            commands.send(Command::Change(Box::new(deployment))).ok();
        }
    }
}

/// Reads the record again. Whoever changed it has seen that it can be read.
async fn changed(place: &Place, launcher: &Launcher, edge: &Edge) -> Option<Deployment> {
    let Loaded {
        mut deployment,
        node,
    } = load_record(&place.record()?, edge).ok()?;
    let devices = &launcher.facts.cdi_devices;
    give_gpus(&launcher.engine, devices, &mut deployment, node.as_deref())
        .await
        .ok()?;
    Some(deployment)
}
