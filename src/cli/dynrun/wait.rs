//! `dynrun wait NAME [--for LEVEL] [--timeout DURATION] [--port PORT]`.

use std::time::Duration;

use clap::Parser;
use clap::builder::{PossibleValuesParser, TypedValueParser};

use super::connection::{connect, container, refused};
use super::verb::Verb;
use crate::cli::edge::Edge;
use crate::cli::runtime::block_on;
use crate::engine::Engine;
use crate::exit::Exit;
use crate::launch::live::autopsy;
use crate::launch::readiness::{Level, Readiness, watch};
use crate::launch::request::{RequestError, WaitWish, wait_timeout};
use crate::problem::Problems;

/// Wait until a container is ready
#[derive(Debug, Parser)]
pub(super) struct Wait {
    /// Name or id of the container
    name: String,
    /// What counts as ready
    #[arg(long = "for", value_parser = levels(), default_value = "completion", value_name = "LEVEL")]
    level: Level,
    /// How long to wait, for example 5m
    #[arg(long, value_parser = duration, default_value = "10m", value_name = "DURATION")]
    timeout: Duration,
    /// Port of the server [default: the one that it listens on]
    #[arg(long, value_name = "PORT")]
    port: Option<u16>,
}

impl Verb for Wait {
    fn run(self, edge: &mut Edge) -> Result<Exit, Problems> {
        let wish = WaitWish {
            level: self.level,
            timeout: self.timeout,
            port: self.port,
        };
        block_on(async {
            let engine = connect(edge).await?;
            let facts = container(&engine, &self.name).await?;
            until_ready(&engine, &facts.id, &self.name, wish, edge).await
        })
    }
}

fn levels() -> impl TypedValueParser<Value = Level> {
    PossibleValuesParser::new(Level::NAMES)
        .try_map(|name| Level::parse(&name).ok_or("not a level of readiness"))
}

fn duration(text: &str) -> Result<Duration, String> {
    wait_timeout(text).map_err(|error| match error {
        RequestError::Value { why, .. } => why,
        error @ RequestError::Flags(_) => error.to_string(),
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
