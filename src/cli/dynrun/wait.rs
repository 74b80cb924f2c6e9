//! `dynrun wait NAME [--for LEVEL] [--timeout DURATION] [--port PORT]`.

use super::connection::{connect, refused};
use super::verb::{Words, usage};
use crate::cli::edge::Edge;
use crate::cli::runtime::block_on;
use crate::docker::run_flags::FlagDef;
use crate::engine::Engine;
use crate::exit::Exit;
use crate::launch::live::autopsy;
use crate::launch::readiness::{Level, Readiness, watch};
use crate::launch::request::{WaitWish, wait_timeout};
use crate::problem::{Problem, Problems};

const FLAGS: &[FlagDef] = &[
    FlagDef::value("for", "level", "running, port, live, model or completion"),
    FlagDef::value("timeout", "duration", "How long to wait, for example 5m"),
    FlagDef::value("port", "port", "The server's port"),
];

pub(super) fn run(arguments: &[String], edge: &mut Edge) -> Result<Exit, Problems> {
    let words = Words::parse(arguments, FLAGS)?;
    let name = words.name("wait NAME")?.to_owned();
    let level = match words.value("for") {
        None => Level::Completion,
        Some(text) => Level::parse(text).ok_or_else(|| {
            usage(
                format!("`{text}` is not a level"),
                "write `--for=running|port|live|model|completion`",
            )
        })?,
    };
    let timeout = words
        .value("timeout")
        .map(wait_timeout)
        .transpose()
        .map_err(Problem::from)?;
    let port = words.value("port").map(str::parse).transpose();
    let wish = WaitWish {
        level,
        timeout: timeout.unwrap_or(WaitWish::DEFAULT_TIMEOUT),
        port: port.map_err(|_| {
            usage(
                "the port is not a number",
                "write for example `--port 8000`",
            )
        })?,
    };
    block_on(async {
        let engine = connect(edge).await?;
        let facts = engine.container(&name).await.map_err(refused)?;
        let facts = facts.ok_or_else(|| super::stop::no_container(&name))?;
        until_ready(&engine, &facts.id, &name, wish, edge).await
    })
}

/// Waits and tells the phases. The container is asked for by its whole id, because the beginning
/// of another's would do as well, and told by its name.
pub(super) async fn until_ready(
    engine: &Engine,
    id: &str,
    name: &str,
    wish: WaitWish,
    edge: &mut Edge,
) -> Result<Exit, Problems> {
    let address = edge
        .environment
        .get("DYNBUILD_ENGINE_ADDRESS")
        .map(str::to_owned);
    let told = |phase: &crate::launch::readiness::Phase| edge.ui.note(&phase.to_string());
    let readiness = watch(engine, id, wish, address.as_deref(), told)
        .await
        .map_err(refused)?;
    report(&readiness, name, edge);
    if let Readiness::Ended { code } = readiness
        && let Some(diagnosis) = autopsy(engine, id, code).await
    {
        super::run::tell(&diagnosis, edge);
    }
    Ok(readiness.exit())
}

/// Says what a wait came to, if it came to nothing.
pub(super) fn report(readiness: &Readiness, name: &str, edge: &mut Edge) {
    let message = match readiness {
        Readiness::Ready => return,
        Readiness::TimedOut { level, seen } => {
            format!(
                "`{name}` is not ready in time: no `{}` ({seen})",
                level.as_str()
            )
        }
        Readiness::Ended { code: Some(code) } => {
            format!("`{name}` ended with {code} before it was ready; see `dynrun logs {name}`")
        }
        Readiness::Ended { code: None } => format!("`{name}` ended before it was ready"),
        Readiness::Wrong { level, answer } => {
            format!(
                "`{name}` answers wrongly: no `{}` ({answer})",
                level.as_str()
            )
        }
    };
    edge.ui.warn(&message);
}
