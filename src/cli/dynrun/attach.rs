//! `dynrun attach NAME`.

use super::connection::{connect, refused};
use super::stop::no_container;
use super::verb::{Words, usage};
use crate::cli::edge::Edge;
use crate::cli::runtime::block_on;
use crate::docker::run_flags::FlagDef;
use crate::engine::{AttachTo, WaitFor};
use crate::exit::Exit;
use crate::problem::{Problem, Problems};
use crate::run::live::Sinks;
use crate::run::live::session::{End, Screen, Session, Wiring};
use crate::run::live::signals::Signals;

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
    block_on(async {
        let engine = connect(edge).await?;
        let facts = engine.container(name).await.map_err(refused)?;
        let facts = facts.ok_or_else(|| no_container(name))?;
        if !facts.state.running {
            let hint = format!("see what it said: `dynrun logs {name}`");
            return Err(usage(format!("container `{name}` does not run"), &hint).into());
        }
        let input = facts.config.open_stdin && !words.is_on("no-stdin");
        let wiring = Wiring {
            tty: facts.config.tty,
            input,
            forward_signals: true,
            screen: Screen::Container,
        };
        let to = AttachTo {
            stdin: input,
            stdout: true,
            stderr: true,
            detach_keys: words.value("detach-keys"),
        };
        let session = Session::attach(&engine, &facts.id, wiring, to)
            .await
            .map_err(refused)?;
        let until = if facts.host_config.auto_remove {
            WaitFor::Removed
        } else {
            WaitFor::NextExit
        };
        let wait = engine
            .wait_container(&facts.id, until)
            .await
            .map_err(refused)?;
        let signals = Signals::catch().map_err(|error| Problem::from_error(Exit::Run, &error))?;
        let mut sinks = Sinks::new(tokio::io::stdout(), tokio::io::stderr());
        match session
            .follow(wait, signals, &mut sinks)
            .await
            .map_err(refused)?
        {
            End::Ended(exit) => Ok(exit),
            End::Detached => Ok(Exit::Done),
        }
    })
}
