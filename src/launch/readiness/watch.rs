//! Waits for a level, and reports each level on the way.

use std::time::Duration;

use tokio::time::{Instant, sleep, timeout};

use super::level::Level;
use super::phase::{Phase, Progress, Readiness};
use super::port::{Found, PortSearch};
use super::probe::{Seen, probe};
use super::route::{Places, Route};
use super::server::{Kind, Server};
use crate::engine::{ContainerFacts, Engine, EngineError, WaitFor};
use crate::launch::live::hindrance;
use crate::launch::request::WaitWish;

/// Between two questions: the first, and the longest that the pauses grow to. The server writes
/// every question to its log.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// The least time to wait: enough to ask once.
const SHORTEST_WAIT: Duration = Duration::from_secs(1);

/// How long a question may go unanswered until the container's end is looked out for.
const END_CHECK_DELAY: Duration = Duration::from_secs(1);

/// How long a level may take until it is said what is missing.
const REPORT_AFTER: Duration = Duration::from_secs(10);

/// Watches a container until it is ready, ended, or the time is over.
///
/// `report` is called for each level, and for what hinders; `engine_address` is where published
/// ports are reached, if that is not where the engine is.
///
/// # Errors
/// Fails when the engine cannot be asked.
pub async fn watch(
    engine: &Engine,
    id: &str,
    wish: WaitWish,
    engine_address: Option<&str>,
    mut report: impl FnMut(Progress),
) -> Result<Readiness, EngineError> {
    let places = Places::of(engine, engine_address);
    let mut climb = Climb {
        engine,
        id,
        asked: wish.port,
        search: PortSearch::new(engine, &places),
        way: None,
        level: Level::Running,
        seen: Seen::NotYet("the engine does not answer".to_owned()),
        said: Vec::new(),
    };
    // The timeout is strict, whatever is being asked.
    let climbed = climb.to(wish.level, &mut report);
    match timeout(wish.timeout.max(SHORTEST_WAIT), climbed).await {
        Ok(readiness) => readiness,
        Err(_) => Ok(climb.too_late()),
    }
}

/// The way up, level by level.
struct Climb<'a> {
    engine: &'a Engine,
    id: &'a str,
    /// The port that was asked for.
    asked: Option<u16>,
    search: PortSearch<'a>,
    /// The way to the server, once it is known.
    way: Option<(Route, Kind)>,
    /// The level that is tried.
    level: Level,
    /// What was seen of it last.
    seen: Seen,
    /// What was reported already.
    said: Vec<String>,
}

impl Climb<'_> {
    async fn to(
        &mut self,
        goal: Level,
        report: &mut impl FnMut(Progress),
    ) -> Result<Readiness, EngineError> {
        let start = Instant::now();
        for level in Level::ALL.into_iter().filter(|level| *level <= goal) {
            if level == Level::Completion && self.is_worker() {
                // Its health has said all.
                break;
            }
            self.level = level;
            self.seen = Seen::NotYet("no answer".to_owned());
            let detail = match self.reach(report).await? {
                Ok(detail) => detail,
                Err(readiness) => return Ok(readiness),
            };
            report(Progress::Reached(Phase {
                level,
                after: start.elapsed(),
                detail,
                place: self.way.as_ref().map(|(route, _)| route.place()),
            }));
        }
        // What answered last may have been the last that it did.
        match self.running().await? {
            Some(_) => Ok(Readiness::Ready),
            None => gone(self.engine, self.id).await,
        }
    }

    fn is_worker(&self) -> bool {
        matches!(self.way, Some((_, Kind::Worker)))
    }

    /// Asks until the level is reached, or cannot be.
    async fn reach(
        &mut self,
        report: &mut impl FnMut(Progress),
    ) -> Result<Result<String, Readiness>, EngineError> {
        let (start, mut pause) = (Instant::now(), FIRST_PAUSE);
        loop {
            let Some(facts) = self.running().await? else {
                return gone(self.engine, self.id).await.map(Err);
            };
            match self.look_while_it_runs(&facts, report).await? {
                Seen::Reached(detail) => return Ok(Ok(detail)),
                Seen::Refused(answer) => {
                    let level = self.level;
                    return Ok(Err(Readiness::Wrong { level, answer }));
                }
                Seen::Never { cause, fix } => return Ok(Err(Readiness::Never { cause, fix })),
                seen @ (Seen::NotYet(_) | Seen::Wrong(_)) => self.seen = seen,
            }
            if start.elapsed() > REPORT_AFTER {
                self.say_what_is_missing(report).await;
            }
            tokio::select! {
                () = sleep(pause) => {}
                ended = ended(self.engine, &facts.id) => ended?,
            }
            pause = (pause * 3 / 2).min(LONGEST_PAUSE);
        }
    }

    /// Returns the container if it runs or is about to.
    async fn running(&self) -> Result<Option<ContainerFacts>, EngineError> {
        let facts = self.engine.container(self.id).await?;
        Ok(facts.filter(|facts| facts.state.running || is_to_start(facts)))
    }

    /// Asks. A question may take long, and the end of the container is its answer as well.
    async fn look_while_it_runs(
        &mut self,
        facts: &ContainerFacts,
        report: &mut impl FnMut(Progress),
    ) -> Result<Seen, EngineError> {
        let engine = self.engine;
        tokio::select! {
            seen = self.look(facts, report) => Ok(seen),
            ended = ended(engine, &facts.id) => {
                ended.map(|()| Seen::NotYet("the container ended".to_owned()))
            }
        }
    }

    async fn look(&mut self, facts: &ContainerFacts, report: &mut impl FnMut(Progress)) -> Seen {
        if is_to_start(facts) {
            return Seen::NotYet("it is not started yet".to_owned());
        }
        match (self.level, &self.way) {
            (Level::Running, _) => Seen::Reached(String::new()),
            (Level::Port, _) | (_, None) => self.find_port(facts, report).await,
            (level, Some((route, kind))) => probe(route, *kind, level).await,
        }
    }

    async fn find_port(
        &mut self,
        facts: &ContainerFacts,
        report: &mut impl FnMut(Progress),
    ) -> Seen {
        let server = Server::of(facts, self.asked);
        match Box::pin(self.search.look(facts, &server)).await {
            Found::Route(route, note) => {
                if let Some(note) = note {
                    self.hindered(note, Vec::new(), report);
                }
                self.way = Some((route, server.kind));
                Seen::Reached(String::new())
            }
            Found::Not(seen) => seen,
            Found::Taken { port, owner } => {
                let seen = format!("port {port} is held by {owner}, not by this container");
                let fixes = vec![
                    owner.fix(port),
                    format!("Take another port: {}", server.move_to()),
                ];
                self.hindered(crate::problem::capitalized(&seen), fixes, report);
                Seen::NotYet(seen)
            }
        }
    }

    /// Reports what is missing, and what the log says about it, each once.
    async fn say_what_is_missing(&mut self, report: &mut impl FnMut(Progress)) {
        if let Seen::NotYet(seen) | Seen::Wrong(seen) = &self.seen {
            let waiting = format!("Waiting for `{}`: {seen}", self.level.as_str());
            if !self.said.contains(&waiting) {
                self.said.push(waiting.clone());
                report(Progress::Waiting(waiting));
            }
        }
        if let Some(diagnosis) = hindrance(self.engine, self.id).await {
            let line = diagnosis.evidence.map(|line| format!(": {line}"));
            let cause = diagnosis.cause + &line.unwrap_or_default();
            self.hindered(cause, diagnosis.fixes, report);
        }
    }

    fn hindered(&mut self, cause: String, fixes: Vec<String>, report: &mut impl FnMut(Progress)) {
        if !self.said.contains(&cause) {
            self.said.push(cause.clone());
            report(Progress::Hindered { cause, fixes });
        }
    }

    fn too_late(self) -> Readiness {
        let level = self.level;
        match self.seen {
            Seen::Wrong(answer) | Seen::Refused(answer) => Readiness::Wrong { level, answer },
            Seen::NotYet(seen) | Seen::Reached(seen) => Readiness::TimedOut { level, seen },
            Seen::Never { cause, fix } => Readiness::Never { cause, fix },
        }
    }
}

async fn ended(engine: &Engine, id: &str) -> Result<(), EngineError> {
    sleep(END_CHECK_DELAY).await;
    match engine.wait_container(id, WaitFor::NotRunning).await {
        // It is gone already.
        Err(error) if error.status() == Some(404) => Ok(()),
        wait => wait?.ended().await.map(drop),
    }
}

/// Returns whether a container was made and has not run.
fn is_to_start(facts: &ContainerFacts) -> bool {
    facts.state.status == "created"
}

async fn gone(engine: &Engine, id: &str) -> Result<Readiness, EngineError> {
    let facts = engine.container(id).await?;
    let code = facts.map(|facts| facts.state.exit_code);
    Ok(Readiness::Ended { code })
}
