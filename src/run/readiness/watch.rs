//! Waits for a level, and tells each level on the way.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::level::Level;
use super::phase::{Phase, Readiness};
use super::probe::{Seen, probe};
use super::route::{EngineHost, Route, engine_host};
use crate::engine::{ContainerFacts, Engine, EngineError};
use crate::run::request::WaitWish;

/// Between two questions.
const PAUSE: Duration = Duration::from_millis(100);

/// The port of Dynamo's frontend.
const USUAL_PORT: u16 = 8000;

const LEVELS: [Level; 5] = [
    Level::Running,
    Level::Port,
    Level::Live,
    Level::Model,
    Level::Completion,
];

/// Watches a container until it is ready, ended, or the time is over.
///
/// `reached` is called for each level; `engine_address` is where published ports are reached, if
/// that is not where the engine is.
///
/// # Errors
/// Fails when the engine cannot be asked.
pub async fn watch(
    engine: &Engine,
    name: &str,
    wish: WaitWish,
    engine_address: Option<&str>,
    mut reached: impl FnMut(&Phase),
) -> Result<Readiness, EngineError> {
    let start = Instant::now();
    let host = engine_host(engine.address(), engine_address);
    for level in LEVELS.into_iter().filter(|level| *level <= wish.level) {
        loop {
            let Some(facts) = engine
                .container(name)
                .await?
                .filter(|facts| facts.state.running || is_to_start(facts))
            else {
                return gone(engine, name).await;
            };
            let seen = look(engine, &facts, level, host.as_ref(), wish.port).await;
            let late = start.elapsed() >= wish.timeout;
            match seen {
                Seen::Reached(detail) => {
                    let after = start.elapsed();
                    reached(&Phase {
                        level,
                        after,
                        detail,
                    });
                    break;
                }
                Seen::Refused(answer) => return Ok(Readiness::Wrong { level, answer }),
                Seen::Wrong(answer) if late => return Ok(Readiness::Wrong { level, answer }),
                Seen::NotYet(seen) if late => return Ok(Readiness::TimedOut { level, seen }),
                Seen::Wrong(_) | Seen::NotYet(_) => sleep(PAUSE).await,
            }
        }
    }
    Ok(Readiness::Ready)
}

/// Asks on every way; the first that reaches anything counts.
async fn look(
    engine: &Engine,
    facts: &ContainerFacts,
    level: Level,
    host: Option<&EngineHost>,
    port: Option<u16>,
) -> Seen {
    if is_to_start(facts) {
        return Seen::NotYet("it is not started yet".to_owned());
    }
    if level == Level::Running {
        return Seen::Reached(String::new());
    }
    let port = port.unwrap_or_else(|| served_port(facts));
    let mut last = Seen::NotYet(String::new());
    for route in Route::all(engine, facts, port, host) {
        last = match probe(&route, level).await {
            Seen::NotYet(why) => Seen::NotYet(why),
            answered => return answered,
        };
    }
    last
}

/// Returns whether a container was made and has not run.
fn is_to_start(facts: &ContainerFacts) -> bool {
    facts.state.status == "created"
}

async fn gone(engine: &Engine, name: &str) -> Result<Readiness, EngineError> {
    let facts = engine.container(name).await?;
    let code = facts.map(|facts| facts.state.exit_code);
    Ok(Readiness::Ended { code })
}

/// Returns the port that the command or the environment names, or the usual one.
fn served_port(facts: &ContainerFacts) -> u16 {
    let command = facts.config.cmd.as_deref().unwrap_or_default();
    let named = command.iter().enumerate().find_map(|(at, word)| {
        let (flag, value) = word.split_once('=').unwrap_or((word, ""));
        let value = match value {
            "" => command.get(at + 1).map(String::as_str).unwrap_or_default(),
            value => value,
        };
        let is_port = matches!(flag, "--http-port" | "--port");
        is_port.then(|| value.parse().ok()).flatten()
    });
    let variables = facts.config.env.as_deref().unwrap_or_default();
    let set = || {
        variables
            .iter()
            .find_map(|line| line.strip_prefix("DYN_HTTP_PORT=")?.parse().ok())
    };
    named.or_else(set).unwrap_or(USUAL_PORT)
}
