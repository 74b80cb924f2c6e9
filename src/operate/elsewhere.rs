//! What the other machines of a deployment have to do with this one.
//!
//! Each machine runs its own dynrun, and they do not talk to each other. What one needs of the
//! others it sees by itself: whether their services answer before its own members start, which of
//! its workers are in etcd if no frontend is here to ask, and whether their workers are still there.

use std::collections::BTreeSet;
use std::rc::Rc;
use std::time::Duration;

use http::Method;
use tokio::time::{Instant, sleep};

use super::etcd::{Entry, Etcd};
use super::event::Report;
use super::jobs::Happening;
use super::machines::Dialed;
use super::operation::Operation;
use crate::deploy::supervise::Event;
use crate::deploy::{Discovery, Health, Kind, Member};
use crate::launch::readiness::{Route, connect};

const SERVICE_PAUSE: Duration = Duration::from_millis(500);

/// Between two looks into etcd, while somebody is missing and when all are there.
const LOOK_OFTEN: Duration = Duration::from_millis(500);
const LOOK_SELDOM: Duration = Duration::from_secs(5);

/// One connection may be lost to a busy machine.
const FAILURES: u32 = 2;

impl Operation<'_> {
    /// Lets members wait for the services of other machines. An engine elsewhere may reach what
    /// cannot be reached from here, so that there they have to wait themselves.
    pub(super) fn expect_services(&mut self) {
        if self.settings.node.is_none() || !self.launcher.engine.is_local() {
            return;
        }
        let services: Vec<_> = self
            .others()
            .filter(|member| member.kind == Kind::Service)
            .cloned()
            .collect();
        for service in services {
            let name = service.name.clone();
            self.elsewhere.awaited.insert(name, String::new());
            self.ask_service(Rc::new(service), Duration::ZERO);
        }
        if !self.elsewhere.awaited.is_empty() {
            self.handle(Event::Hold);
        }
    }

    /// Returns the members on other machines.
    fn others(&self) -> impl Iterator<Item = &Member> {
        let here = self.settings.node.clone();
        let members = self.deployment.members.iter();
        members.filter(move |member| here.is_some() && member.node != here)
    }

    fn ask_service(&mut self, service: Rc<Member>, after: Duration) {
        self.spawn(async move {
            sleep(after).await;
            let result = answers(&service).await;
            Happening::Service { service, result }
        });
    }

    pub(super) fn service_answered(&mut self, service: Rc<Member>, result: Result<(), String>) {
        match result {
            Ok(()) => {
                self.elsewhere.awaited.remove(&service.name);
                if self.elsewhere.awaited.is_empty() {
                    self.handle(Event::Release);
                }
            }
            Err(why) => {
                let known = self.elsewhere.awaited.get_mut(&service.name);
                if let Some(known) = known.filter(|known| **known != why) {
                    known.clone_from(&why);
                    self.report(self.hindered(&service, &why));
                }
                self.ask_service(service, SERVICE_PAUSE);
            }
        }
    }

    fn hindered(&self, service: &Member, why: &str) -> Report {
        let ports = service.ports.iter().map(|port| port.number.to_string());
        let node = service.node.as_deref().unwrap_or_default();
        Report::Hindered {
            cause: format!("Waiting for `{}` on machine `{node}`: {why}", service.name),
            fixes: vec![
                format!("Start that machine's part there: `{}`", self.up(node)),
                format!(
                    "If it runs, let this machine reach TCP {} of {}",
                    ports.collect::<Vec<_>>().join(", "),
                    service.address
                ),
            ],
        }
    }

    /// Returns the command for another machine.
    fn up(&self, node: &str) -> String {
        format!("dynrun up {} --node {node}", self.settings.file)
    }

    /// Looks into etcd and for the workers of other machines, if it is time.
    pub(super) fn look_elsewhere(&mut self) {
        if self.settings.node.is_none() || !self.elsewhere.awaited.is_empty() {
            return;
        }
        self.look_into_etcd();
        self.dial_workers();
    }

    /// On machines with etcd, it is the etcd member that is watched.
    fn look_into_etcd(&mut self) {
        let own = self.seats.iter().any(|seat| seat.member.table == "etcd");
        let needed = !own || !self.has_frontend();
        let pause = if self.proven { LOOK_SELDOM } else { LOOK_OFTEN };
        let due = self
            .elsewhere
            .looked
            .is_none_or(|last| last.elapsed() >= pause);
        if !needed || !due || self.elsewhere.looking {
            return;
        }
        let Some(etcd) = self.etcd() else {
            return;
        };
        self.elsewhere.looking = true;
        let namespace = self.deployment.name.clone();
        self.spawn(async move { Happening::Registered(etcd.registered(&namespace).await) });
    }

    /// Returns etcd as this machine reaches it: of an engine elsewhere, only its containers do.
    fn etcd(&self) -> Option<Etcd> {
        let Discovery::Etcd { endpoints } = &self.deployment.discovery else {
            return None;
        };
        let engine = &self.launcher.engine;
        if engine.is_local() {
            return Etcd::at(endpoints);
        }
        let mut running = self.seats.iter().filter(|seat| seat.running);
        let container = running.find_map(|seat| seat.container.clone())?;
        Etcd::through(engine, &container, endpoints)
    }

    fn has_frontend(&self) -> bool {
        let is_frontend = |seat: &super::seat::Seat| seat.member.kind == Kind::Frontend;
        self.seats.iter().any(is_frontend)
    }

    pub(super) fn registered(&mut self, result: Result<Vec<Entry>, String>) {
        self.elsewhere.looking = false;
        self.elsewhere.looked = Some(Instant::now());
        let Ok(entries) = result else {
            self.elsewhere.unanswered += 1;
            if self.elsewhere.unanswered == FAILURES {
                self.handle(Event::DiscoveryAway);
            }
            return;
        };
        self.elsewhere.unanswered = 0;
        self.handle(Event::DiscoveryBack);
        if self.has_frontend() {
            return;
        }
        for member in 0..self.seats.len() {
            let seat = &mut self.seats[member];
            if !seat.running || !seat.member.registers() || seat.id.is_some() {
                continue;
            }
            seat.id = Entry::id_of(&entries, &seat.member);
            if seat.id.is_some() {
                self.handle(Event::Ready(member));
            }
        }
        if !self.proven && self.unregistered().is_empty() {
            (self.proven, self.established) = (true, true);
            let after = self.changed.elapsed();
            let workers = self.seats.iter().filter(|seat| seat.member.registers());
            let members = workers.map(|seat| seat.member.name.clone()).collect();
            self.report(Report::Registered { after, members });
        }
    }

    /// Returns the workers of this machine that are not in discovery.
    fn unregistered(&self) -> Vec<String> {
        let seats = self.seats.iter().filter(|seat| !seat.removed);
        let missing = seats.filter(|seat| seat.member.registers() && seat.id.is_none());
        missing.map(|seat| seat.member.name.clone()).collect()
    }

    /// Returns what a machine without a frontend waits for.
    pub(super) fn missing_here(&self) -> Option<String> {
        if let Some((service, why)) = self.elsewhere.awaited.iter().next() {
            return Some(format!(
                "`{service}` of another machine does not answer: {why}"
            ));
        }
        let missing = self.unregistered();
        (!self.has_frontend() && !missing.is_empty())
            .then(|| format!("not in discovery: {}", missing.join(", ")))
    }

    /// Compares what the frontend here counted with the workers of other machines.
    pub(super) fn look_for_others(&mut self) {
        let Some(census) = self.census.clone().filter(|census| !census.is_anonymous()) else {
            return;
        };
        let workers: Vec<_> = self
            .others()
            .filter(|member| member.registers())
            .cloned()
            .collect();
        let there = |member: &&Member| census.id_of(member).is_some();
        for member in &workers {
            let (name, node) = (&member.name, member.node.clone().unwrap_or_default());
            match (self.elsewhere.seen.get(name), there(&member)) {
                (None | Some(false), true) => {
                    let back = self.elsewhere.seen.insert(name.clone(), true);
                    if back.is_some() {
                        self.report(Report::Note(format!(
                            "`{name}` on machine `{node}` is back"
                        )));
                    }
                }
                (Some(true), false) => {
                    self.elsewhere.seen.insert(name.clone(), false);
                    self.report(Report::Hindered {
                        cause: format!(
                            "`{name}` on machine `{node}` is gone: it is not in discovery any more"
                        ),
                        fixes: vec![format!(
                            "If nobody starts it again there: `{}`",
                            self.up(&node)
                        )],
                    });
                }
                (None | Some(false), false) | (Some(true), true) => {}
            }
        }
        let missing = workers.iter().find(|member| !there(member));
        if let Some(member) = missing.filter(|_| self.waits_for_others()) {
            self.elsewhere.waiting = true;
            let node = member.node.clone().unwrap_or_default();
            self.report(Report::Hindered {
                cause: format!("Waiting for `{}` on machine `{node}`", member.name),
                fixes: vec![format!("Start it there: `{}`", self.up(&node))],
            });
        }
        let strangers = census.strangers(&self.deployment);
        // Later, replicas that are let go are strangers as well.
        if !strangers.is_empty() && !self.established && !self.elsewhere.strange {
            self.elsewhere.strange = true;
            self.report(Report::Hindered {
                cause: format!(
                    "Workers are in discovery that the file here does not have: {}",
                    strangers.join(", ")
                ),
                fixes: vec![
                    "See that the file and `--set` are the same on all machines".to_owned(),
                ],
            });
        }
    }

    /// Returns whether all of this machine is there, and that is not enough, for the first time.
    fn waits_for_others(&self) -> bool {
        !self.elsewhere.waiting && !self.proven && self.unregistered().is_empty()
    }

    /// Tries to reach the workers of other machines that are in discovery: of a machine that went
    /// away they stay there for the length of a lease, and requests that go to them fail.
    fn dial_workers(&mut self) {
        let due = self
            .elsewhere
            .dialed
            .is_none_or(|last| last.elapsed() >= LOOK_SELDOM);
        // What cannot be reached from here may well be reached from an engine elsewhere.
        let may = due && !self.elsewhere.dialing && self.launcher.engine.is_local();
        let Some(census) = self.census.as_ref().filter(|_| may) else {
            return;
        };
        let place = |member: &Member| {
            let instance = census.instance_of(member)?;
            let (host, port) = instance.address.clone()?;
            Some((member.name.clone(), instance.id, host, port))
        };
        let places: Vec<_> = self.others().filter_map(place).collect();
        self.elsewhere.dialed = Some(Instant::now());
        if places.is_empty() {
            return;
        }
        self.elsewhere.dialing = true;
        self.spawn(async move {
            let dial = |(name, id, host, port): (String, u64, String, u16)| async move {
                let failure = connect(&host, port).await.err();
                Dialed { name, id, failure }
            };
            Happening::Dialed(futures_util::future::join_all(places.into_iter().map(dial)).await)
        });
    }

    pub(super) fn dialed(&mut self, all: Vec<Dialed>) {
        self.elsewhere.dialing = false;
        let names: BTreeSet<_> = all.iter().map(|dialed| dialed.name.clone()).collect();
        self.elsewhere
            .unreachable
            .retain(|name, _| names.contains(name));
        for Dialed { name, id, failure } in all {
            let Some(why) = failure else {
                self.elsewhere.unreachable.remove(&name);
                continue;
            };
            let failures = self.elsewhere.unreachable.entry(name.clone()).or_default();
            *failures += 1;
            if *failures == FAILURES {
                self.cannot_be_reached(&name, id, &why);
            }
        }
    }

    /// At the beginning it is in the way of the proof; later it must not get requests any more.
    fn cannot_be_reached(&mut self, name: &str, id: u64, why: &str) {
        let deployment = self.deployment.clone();
        let mut members = deployment.members.iter();
        let Some(member) = members.find(|member| member.name == name) else {
            return;
        };
        let node = member.node.as_deref().unwrap_or_default();
        let taken = if self.proven {
            "; it is taken out of discovery"
        } else {
            ""
        };
        let ports = member.ports.iter().map(|port| port.number.to_string());
        let ports = ports.collect::<Vec<_>>().join(", ");
        self.report(Report::Hindered {
            cause: format!("`{name}` on machine `{node}` cannot be reached: {why}{taken}"),
            fixes: vec![
                format!(
                    "See there whether it runs: `dynrun ps`; start it: `{}`",
                    self.up(node)
                ),
                format!(
                    "If it runs, let this machine reach TCP {ports} of {}",
                    member.address
                ),
            ],
        });
        if self.proven {
            self.deregister(id, None);
        }
    }
}

/// Asks a service of another machine as its own machine would.
async fn answers(service: &Member) -> Result<(), String> {
    match &service.health {
        Health::Http { port, path } => {
            let route = Route::direct(&service.address, *port);
            match route.ask(Method::GET, path, "").await?.status {
                200 => Ok(()),
                status => Err(format!("{}:{port}{path}: {status}", service.address)),
            }
        }
        Health::Running => match service.ports.first() {
            Some(port) => connect(&service.address, port.number).await.map(drop),
            None => Ok(()),
        },
    }
}
