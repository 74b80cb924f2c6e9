//! `dynrun attach NAME`.

use super::connection::{connect, detach_keys, refused};
use super::leases::leases;
use super::loss::told;
use super::stop::no_container;
use super::verb::{Words, usage};
use crate::cli::edge::Edge;
use crate::cli::runtime::block_on;
use crate::docker::run_flags::FlagDef;
use crate::engine::{AttachTo, WaitFor};
use crate::exit::Exit;
use crate::launch::live::Sinks;
use crate::launch::live::session::{Bond, Screen, Session, Wiring};
use crate::launch::live::signals::Signals;
use crate::problem::{Problem, Problems};

const FLAGS: &[FlagDef] = &[
    FlagDef::value(
        "detach-keys",
        "keys",
        "Keys that leave the container running",
    ),
    FlagDef::switch("no-stdin", "Do not connect the input"),
];

pub(super) fn run(arguments: &[String], edge: &mut Edge) -> Result<Exit, Problems> {
    let words = Words::parse(arguments, FLAGS)?;
    let name = words.name("attach NAME")?;
    let keys = match words.value("detach-keys") {
        Some(keys) => Some(keys.to_owned()),
        None => detach_keys(edge)?.map(|keys| keys.to_string()),
    };
    block_on(async {
        let engine = connect(edge).await?;
        let facts = engine.container(name).await.map_err(refused)?;
        let facts = facts.ok_or_else(|| no_container(name))?;
        if !facts.state.running {
            let hint = format!("see what it said: `dynrun logs {name}`");
            return Err(usage(format!("container `{name}` does not run"), &hint).into());
        }
        // Whose dynrun was killed is no orphan any more.
        if let Some(leases) = leases(edge) {
            leases.end(&facts.id);
        }
        let input = facts.config.open_stdin && !words.is_on("no-stdin");
        let wiring = Wiring {
            tty: facts.config.tty,
            input,
            bond: Bond::Joined,
            screen: Screen::Container,
        };
        let to = AttachTo {
            stdin: input,
            stdout: true,
            stderr: true,
            detach_keys: keys.as_deref(),
        };
        // An end between these two calls is told as well.
        let wait = engine
            .wait_container(&facts.id, WaitFor::NotRunning)
            .await
            .map_err(refused)?;
        let session = Session::attach(&engine, &facts.id, wiring, to)
            .await
            .map_err(refused)?;
        let signals = Signals::catch().map_err(|error| Problem::from_error(Exit::Run, &error))?;
        let mut sinks = Sinks::new(tokio::io::stdout(), tokio::io::stderr());
        let end = session.follow(wait, signals, &mut sinks).await;
        Ok(told(&sinks.losses, end.map_err(refused)?.exit(), edge))
    })
}
