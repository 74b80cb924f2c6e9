//! What is started, and goes on while other things happen.

use std::rc::Rc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::sleep;

use super::frontend::Frontend;
use super::health;
use super::jobs::Happening;
use super::logs;
use super::operation::Operation;
use super::ways::Ways;
use crate::deploy::supervise::{Cause, MemberIndex};
use crate::deploy::{Kind, Member, PortUse};
use crate::engine::{Engine, LogRange, WaitFor};
use crate::launch::live::autopsy;

/// Between two looks for a frontend.
const LOOK_PAUSE: Duration = Duration::from_millis(250);

/// Until an engine that does not answer is asked again.
const ENGINE_PAUSE: Duration = Duration::from_secs(1);

/// What a process that nobody saw end is taken to have ended with: SIGKILL.
const UNSEEN: i64 = 137;

impl Operation<'_> {
    pub(super) fn start(&mut self, member: MemberIndex) {
        let wanted = self.seats[member].member.clone();
        let launcher = self.launcher;
        self.spawn(async move {
            match launcher.start(&wanted).await {
                (notes, Ok(container)) => Happening::Started {
                    member,
                    container,
                    notes,
                },
                (_, Err(_)) if !launcher.engine.answers().await => Happening::NoEngine(member),
                (notes, Err(problems)) => Happening::NotStarted {
                    member,
                    notes,
                    problems,
                },
            }
        });
    }

    /// Asks a member to end; without a grace period, it is killed.
    pub(super) fn stop(&mut self, member: MemberIndex, grace: Option<Duration>) {
        let seat = &mut self.seats[member];
        let Some(container) = seat.container.clone().filter(|_| seat.running) else {
            seat.unwanted = true;
            return;
        };
        let engine = &self.launcher.engine;
        let seconds = grace.map_or(0, |grace| {
            i64::try_from(grace.as_secs()).unwrap_or(i64::MAX)
        });
        self.spawn(async move {
            // That it ended is seen by who waits for it.
            while let Err(error) = engine.stop_container(&container, Some(seconds)).await {
                if error.status().is_some() {
                    break;
                }
                sleep(ENGINE_PAUSE).await;
            }
            Happening::Nothing
        });
    }

    /// Watches a container that runs.
    pub(super) fn follow(&mut self, member: MemberIndex) {
        self.wait_for_end(member);
        self.follow_log(member, LogRange::following());
        let seat = &self.seats[member];
        let Some(container) = seat.container.clone() else {
            return;
        };
        match seat.member.kind {
            Kind::Frontend => self.look_for_frontend(member, container),
            Kind::Service => self.wait_for_health(member, container),
            Kind::Worker {
                registers: true, ..
            } => {}
            Kind::Worker { .. } => {
                self.spawn(async move { Happening::Healthy { member, container } });
            }
        }
    }

    fn wait_for_end(&mut self, member: MemberIndex) {
        let Some(container) = self.seats[member].container.clone() else {
            return;
        };
        let engine = &self.launcher.engine;
        self.spawn(async move {
            match end_of(engine, &container).await {
                Some(code) => Happening::Exited {
                    member,
                    container,
                    code,
                },
                None => Happening::Lost { member, container },
            }
        });
    }

    fn follow_log(&self, member: MemberIndex, range: LogRange) {
        let seat = &self.seats[member];
        if let Some(container) = seat.container.clone().filter(|_| self.settings.logs) {
            let (engine, name) = (self.launcher.engine.clone(), seat.member.name.clone());
            let lines = self.lines.clone();
            tokio::spawn(logs::follow(engine, container, name, range, lines));
        }
    }

    /// Waits for an engine that is away. Meanwhile nothing can be seen or done.
    pub(super) fn await_engine(&mut self) {
        let engine = &self.launcher.engine;
        self.spawn(async move {
            loop {
                sleep(ENGINE_PAUSE).await;
                if engine.answers().await {
                    return Happening::EngineBack;
                }
            }
        });
    }

    /// Goes on to watch a container that the engine may have kept alive while it was away.
    pub(super) fn watch_again(&mut self, member: MemberIndex, away_since: Timestamp) {
        self.wait_for_end(member);
        self.follow_log(member, LogRange::following().since(away_since));
    }

    fn wait_for_health(&mut self, member: MemberIndex, container: String) {
        let (engine, service) = (&self.launcher.engine, self.seats[member].member.clone());
        self.spawn(async move {
            if health::becomes_healthy(engine, &container, &service).await {
                Happening::Healthy { member, container }
            } else {
                Happening::Nothing
            }
        });
    }

    /// Finds out whether a member ended because etcd, which runs, is cut off the network.
    pub(super) fn look_for_etcd(&mut self) {
        let engine = &self.launcher.engine;
        let etcds = self.etcds();
        if !etcds.is_empty() {
            self.spawn(async move {
                if health::one_is_healthy(engine, &etcds).await {
                    Happening::Nothing
                } else {
                    Happening::EtcdAway
                }
            });
        }
    }

    /// Waits until etcd can be reached; one that ended meanwhile is waited for elsewhere.
    pub(super) fn await_etcd(&mut self) {
        let engine = &self.launcher.engine;
        let etcds = self.etcds();
        self.spawn(async move {
            while health::one_is_running(engine, &etcds).await {
                if health::one_is_healthy(engine, &etcds).await {
                    return Happening::EtcdBack;
                }
                sleep(ENGINE_PAUSE).await;
            }
            Happening::Nothing
        });
    }

    /// Returns the containers of etcd that run here.
    fn etcds(&self) -> Vec<(String, Rc<Member>)> {
        let seats = self.seats.iter();
        let running = seats.filter(|seat| seat.running && seat.member.table == "etcd");
        running
            .filter_map(|seat| Some((seat.container.clone()?, seat.member.clone())))
            .collect()
    }

    fn look_for_frontend(&mut self, member: MemberIndex, container: String) {
        let Some(port) = self.seats[member].member.port(PortUse::Http) else {
            return;
        };
        let (engine, places) = (&self.launcher.engine, self.places.clone());
        let deployment = self.deployment.clone();
        let wanted = self.seats[member].member.clone();
        self.spawn(async move {
            let own = (wanted.own_address(), port);
            let mut found: Option<Frontend> = None;
            while health::is_running(engine, &container).await {
                if found.is_none()
                    && let Ok(Some(facts)) = engine.container(&container).await
                {
                    let ways = Ways::new(engine, &facts, own, &places);
                    let (model, namespace) = (&deployment.model.served, &deployment.name);
                    found = Some(Frontend::new(ways, model, namespace));
                }
                if let Some(frontend) = &found
                    && frontend.counts().await.is_ok()
                {
                    return Happening::Found {
                        member,
                        container,
                        frontend: frontend.clone(),
                    };
                }
                sleep(LOOK_PAUSE).await;
            }
            Happening::Nothing
        });
    }

    /// Removes the container of a member that was scaled away.
    pub(super) fn remove_unwanted(&mut self, member: MemberIndex) {
        let seat = &self.seats[member];
        if let Some(container) = seat.container.clone().filter(|_| seat.removed) {
            let engine = &self.launcher.engine;
            self.spawn(async move {
                // What is left goes with the deployment.
                engine.remove_container(&container).await.ok();
                Happening::Nothing
            });
        }
    }

    pub(super) fn leave_discovery(&self, member: MemberIndex) {
        if let Some(id) = self.seats[member].id {
            self.deregister(id, Some(member));
        }
    }

    /// Takes a worker out of discovery, by a container of this machine that is not its own.
    pub(super) fn deregister(&self, id: u64, own: Option<MemberIndex>) {
        let seats = self.seats.iter().enumerate();
        let others = seats.filter(|(other, seat)| Some(*other) != own && seat.running);
        let mut others: Vec<_> = others.map(|(_, seat)| seat).collect();
        // etcd has the program for it, the others have the files.
        others.sort_by_key(|seat| seat.member.table != "etcd");
        let containers = others.iter().filter_map(|seat| seat.container.clone());
        let containers: Vec<_> = containers.collect();
        let (engine, registry) = (&self.launcher.engine, self.registry.clone());
        self.spawn(async move {
            registry.remove(engine, &containers, id).await;
            Happening::Nothing
        });
    }

    pub(super) fn drain(&mut self, member: MemberIndex) {
        let seat = &self.seats[member];
        let Some(container) = seat.container.clone() else {
            return;
        };
        let (engine, drained, grace) = (
            &self.launcher.engine,
            seat.member.clone(),
            self.deployment.grace,
        );
        self.spawn(async move {
            health::drained(engine, &container, &drained, grace).await;
            Happening::Drained(member)
        });
    }

    pub(super) fn probe(&mut self, member: MemberIndex) {
        let seat = &self.seats[member];
        let Some(container) = seat.container.clone() else {
            return;
        };
        let (engine, asked) = (&self.launcher.engine, seat.member.clone());
        let deployment = self.deployment.clone();
        self.spawn(async move {
            let network = &deployment.network;
            let answered = health::answers(engine, &container, &asked, network).await;
            Happening::Answered { member, answered }
        });
    }

    /// Looks for the reason in the log of a member that ended.
    pub(super) fn examine(&mut self, member: MemberIndex, cause: Cause) {
        let (Cause::Exited(code), Some(container)) = (cause, self.seats[member].container.clone())
        else {
            return;
        };
        let engine = &self.launcher.engine;
        self.spawn(async move {
            let autopsy = Box::new(autopsy(engine, &container, Some(code)).await);
            Happening::Examined { member, autopsy }
        });
    }
}

/// Waits for the end of a container; `None` if the engine went away before.
async fn end_of(engine: &Engine, container: &str) -> Option<i64> {
    let ended = match engine.wait_container(container, WaitFor::NotRunning).await {
        Err(error) if error.status() == Some(404) => return Some(UNSEEN),
        Err(error) => Err(error),
        Ok(wait) => wait.ended().await,
    };
    ended.ok().map(|ended| ended.status_code)
}
