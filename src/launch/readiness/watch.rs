//! Waits for a level, and tells each level on the way.

use std::time::Duration;

use tokio::time::{Instant, sleep, timeout};

use super::level::Level;
use super::phase::{Phase, Readiness};
use super::probe::{Seen, probe};
use super::route::{EngineHost, Route, engine_host};
use crate::engine::{ContainerFacts, Engine, EngineError, WaitFor};
use crate::launch::request::WaitWish;

/// Between two questions.
const PAUSE: Duration = Duration::from_millis(100);

/// The least time to wait: enough to ask once.
const ONCE: Duration = Duration::from_secs(1);

/// How long a question may go unanswered until the container's end is looked out for.
const MOMENT: Duration = Duration::from_secs(1);

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
    reached: impl FnMut(&Phase),
) -> Result<Readiness, EngineError> {
    let mut climb = Climb {
        engine,
        name,
        host: engine_host(engine.address(), engine_address),
        port: wish.port,
        level: Level::Running,
        seen: Seen::NotYet("the engine does not answer".to_owned()),
    };
    // The time is over when it is over, whatever is being asked.
    match timeout(wish.timeout.max(ONCE), climb.to(wish.level, reached)).await {
        Ok(readiness) => readiness,
        Err(_) => Ok(climb.too_late()),
    }
}

/// The way up, level by level.
struct Climb<'a> {
    engine: &'a Engine,
    name: &'a str,
    host: Option<EngineHost>,
    port: Option<u16>,
    /// The level that is tried.
    level: Level,
    /// What was seen of it last.
    seen: Seen,
}

impl Climb<'_> {
    async fn to(
        &mut self,
        goal: Level,
        mut reached: impl FnMut(&Phase),
    ) -> Result<Readiness, EngineError> {
        let start = Instant::now();
        for level in LEVELS.into_iter().filter(|level| *level <= goal) {
            self.level = level;
            self.seen = Seen::NotYet("no answer".to_owned());
            let detail = loop {
                let facts = self.engine.container(self.name).await?;
                let there = |facts: &ContainerFacts| facts.state.running || is_to_start(facts);
                let Some(facts) = facts.filter(there) else {
                    return gone(self.engine, self.name).await;
                };
                match self.look_while_it_runs(&facts).await? {
                    Seen::Reached(detail) => break detail,
                    Seen::Refused(answer) => return Ok(Readiness::Wrong { level, answer }),
                    seen => self.seen = seen,
                }
                sleep(PAUSE).await;
            };
            let after = start.elapsed();
            reached(&Phase {
                level,
                after,
                detail,
            });
        }
        Ok(Readiness::Ready)
    }

    /// Asks. A question may take long, and the end of the container is its answer as well.
    async fn look_while_it_runs(&self, facts: &ContainerFacts) -> Result<Seen, EngineError> {
        tokio::select! {
            seen = look(self.engine, facts, self.level, self.host.as_ref(), self.port) => Ok(seen),
            ended = ended(self.engine, &facts.id) => {
                ended.map(|()| Seen::NotYet("the container ended".to_owned()))
            }
        }
    }

    fn too_late(self) -> Readiness {
        let level = self.level;
        match self.seen {
            Seen::Wrong(answer) | Seen::Refused(answer) => Readiness::Wrong { level, answer },
            Seen::NotYet(seen) | Seen::Reached(seen) => Readiness::TimedOut { level, seen },
        }
    }
}

async fn ended(engine: &Engine, id: &str) -> Result<(), EngineError> {
    sleep(MOMENT).await;
    match engine.wait_container(id, WaitFor::NotRunning).await {
        // It is gone already.
        Err(error) if error.status() == Some(404) => Ok(()),
        wait => wait?.ended().await.map(drop),
    }
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
