//! `dynrun wait NAME [--for LEVEL] [--timeout DURATION] [--port PORT]`.

use std::time::Duration;

use clap::Parser;
use clap::builder::{PossibleValuesParser, TypedValueParser};

use super::connection::{connect, container};
use super::verb::Verb;
use crate::cli::edge::Edge;
use crate::cli::exit::Exit;
use crate::cli::runtime::block_on;
use crate::engine::Engine;
use crate::launch::live::{Autopsy, autopsy};
use crate::launch::readiness::{Level, Progress, Readiness, watch};
use crate::launch::request::{RequestError, WaitWish, wait_timeout};
use crate::problem::{Problems, capitalized, uncapitalized};

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

/// Lines of a log that are shown of a container that ended.
const LAST_LINES: usize = 10;

/// Waits and reports the way. The container is asked for by its whole id, because the beginning of
/// another's would do as well, and called by its name.
pub(super) async fn until_ready(
    engine: &Engine,
    id: &str,
    name: &str,
    wish: WaitWish,
    edge: &mut Edge,
) -> Result<Exit, Problems> {
    let address = engine_address(edge);
    let report = |progress: Progress| show(&progress, edge);
    let watched = watch(engine, id, wish, address.as_deref(), report);
    let readiness = Box::pin(watched).await?;
    conclude(&readiness, name, edge);
    explain(&readiness, engine, id, edge).await;
    Ok(Exit::from(&readiness))
}

/// Returns where the engine publishes ports, if the user says so.
pub(super) fn engine_address(edge: &Edge) -> Option<String> {
    let address = edge.environment.get("DYNBUILD_ENGINE_ADDRESS");
    address.map(str::to_owned)
}

/// Shows a step on the way.
pub(super) fn show(progress: &Progress, edge: &mut Edge) {
    match progress {
        Progress::Reached(phase) => edge.ui.note(&capitalized(&phase.to_string())),
        Progress::Waiting(what) => edge.ui.note(what),
        Progress::Hindered { cause, fixes } => {
            edge.ui.warn(cause);
            for fix in fixes {
                edge.ui.hint(fix);
            }
        }
    }
}

/// Says what a wait came to, if it came to nothing.
pub(super) fn conclude(readiness: &Readiness, name: &str, edge: &mut Edge) {
    let log = format!("Read its log: `dynrun logs {name}`");
    let (message, hint) = match readiness {
        Readiness::Ready => return,
        Readiness::TimedOut { level, seen } => (
            format!(
                "`{name}` was not ready before the timeout: no `{}` ({seen})",
                level.as_str()
            ),
            log,
        ),
        Readiness::Ended { code: Some(code) } => (
            format!("`{name}` ended with {code} before it was ready"),
            log,
        ),
        Readiness::Ended { code: None } => (
            format!("`{name}` ended before it was ready, and was removed"),
            "Keep the next one, to read its log: `--rm=false`".to_owned(),
        ),
        Readiness::Wrong { level, answer } => (
            format!(
                "`{name}` returned an unexpected answer: no `{}` ({answer})",
                level.as_str()
            ),
            log,
        ),
        Readiness::Never { cause, fix } => (
            format!("`{name}` cannot become ready: {}", uncapitalized(cause)),
            fix.clone(),
        ),
    };
    edge.ui.warn(&message);
    edge.ui.hint(&hint);
}

/// Shows why a container is not ready, from what it left in its log.
async fn explain(readiness: &Readiness, engine: &Engine, id: &str, edge: &mut Edge) {
    let code = match readiness {
        Readiness::Ended { code } => *code,
        Readiness::TimedOut { .. } | Readiness::Wrong { .. } => None,
        Readiness::Ready | Readiness::Never { .. } => return,
    };
    let Autopsy {
        diagnosis,
        last_lines,
    } = autopsy(engine, id, code).await;
    if matches!(readiness, Readiness::Ended { .. }) {
        let skipped = last_lines.len().saturating_sub(LAST_LINES);
        for line in &last_lines[skipped..] {
            edge.ui.quote(line);
        }
    }
    if let Some(diagnosis) = diagnosis {
        super::diagnosis::show(&diagnosis, edge);
    }
}
