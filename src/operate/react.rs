//! What is done about what happens, and what is started for it.

use std::collections::BTreeSet;
use std::time::Duration;

use futures_util::FutureExt as _;
use tokio::time::{Instant, sleep};

use super::census::Census;
use super::event::Report;
use super::frontend::Frontend;
use super::health;
use super::jobs::Happening;
use super::logs;
use super::operation::Operation;
use super::proof::{Expected, Unproven, prove};
use crate::deploy::file::{Role, RouterMode};
use crate::deploy::supervise::{Cause, Event, Incident, MemberIndex, Part};
use crate::deploy::{Deployment, Kind, Member, PortUse};
use crate::engine::{Engine, WaitFor};
use crate::launch::live::{Autopsy, autopsy};
use crate::launch::note::Note;
use crate::text::human_duration;

/// Between two looks into discovery, while somebody is missing and when all are there.
const COUNT_OFTEN: Duration = Duration::from_millis(250);
const COUNT_SELDOM: Duration = Duration::from_secs(5);

/// Until an engine that does not answer is asked again.
const ENGINE_PAUSE: Duration = Duration::from_secs(1);

/// Lines of a log that are shown of a member that failed.
const LAST_LINES: usize = 8;

/// What a process that nobody saw end is taken to have ended with: SIGKILL.
const UNSEEN: i64 = 137;

impl Operation<'_> {
    pub(super) fn start(&mut self, member: MemberIndex) {
        let wanted = self.seats[member].member.clone();
        let launcher = self.launcher;
        let job = async move {
            match launcher.start(&wanted).await {
                (notes, Ok(container)) => Happening::Started {
                    member,
                    container,
                    notes,
                },
                (notes, Err(problems)) => Happening::NotStarted {
                    member,
                    notes,
                    problems,
                },
            }
        };
        self.jobs.push(job.boxed_local());
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
        let job = async move {
            // That it ended is seen by who waits for it.
            engine.stop_container(&container, Some(seconds)).await.ok();
            Happening::Nothing
        };
        self.jobs.push(job.boxed_local());
    }

    /// Watches a container that runs.
    pub(super) fn follow(&mut self, member: MemberIndex) {
        let seat = &self.seats[member];
        let Some(container) = seat.container.clone() else {
            return;
        };
        let engine = &self.launcher.engine;
        let waited = container.clone();
        let end = async move {
            let code = end_of(engine, &waited).await;
            Happening::Exited {
                member,
                container: waited,
                code,
            }
        };
        self.jobs.push(end.boxed_local());
        if self.settings.logs {
            let name = seat.member.name.clone();
            let lines = self.lines.clone();
            let log = (true, None);
            tokio::spawn(logs::follow(
                engine.clone(),
                container.clone(),
                name,
                log,
                lines,
            ));
        }
        match seat.member.kind {
            Kind::Frontend => self.look_for_frontend(member, container),
            Kind::Service => self.wait_for_health(member, container),
            Kind::Worker {
                registers: true, ..
            } => {}
            Kind::Worker { .. } => {
                let job = async move { Happening::Healthy { member, container } };
                self.jobs.push(job.boxed_local());
            }
        }
    }

    fn wait_for_health(&mut self, member: MemberIndex, container: String) {
        let (engine, service) = (&self.launcher.engine, self.seats[member].member.clone());
        let job = async move {
            if health::becomes_healthy(engine, &container, &service).await {
                Happening::Healthy { member, container }
            } else {
                Happening::Nothing
            }
        };
        self.jobs.push(job.boxed_local());
    }

    fn look_for_frontend(&mut self, member: MemberIndex, container: String) {
        let Some(port) = self.seats[member].member.port(PortUse::Http) else {
            return;
        };
        let (engine, places) = (&self.launcher.engine, self.places.clone());
        let deployment = self.deployment.clone();
        let job = async move {
            let names = (deployment.model.served.as_str(), deployment.name.as_str());
            while health::is_running(engine, &container).await {
                if let Ok(Some(facts)) = engine.container(&container).await
                    && let Some(frontend) =
                        Frontend::find(engine, &facts, port, names, &places).await
                {
                    return Happening::Found {
                        member,
                        container,
                        frontend,
                    };
                }
                sleep(COUNT_OFTEN).await;
            }
            Happening::Nothing
        };
        self.jobs.push(job.boxed_local());
    }

    pub(super) fn react(&mut self, happening: Happening, report: &mut dyn FnMut(Report)) {
        match happening {
            Happening::Started {
                member,
                container,
                notes,
            } => {
                self.remark(member, notes, report);
                self.started(member, container);
            }
            Happening::NotStarted {
                member,
                notes,
                problems,
            } => {
                self.remark(member, notes, report);
                report(Report::Problems(problems));
                self.could_not_start(member, report);
            }
            Happening::Exited {
                member,
                container,
                code,
            } => {
                if self.seats[member].container.as_ref() == Some(&container) {
                    self.exited(member, code, report);
                }
            }
            Happening::Examined { member, autopsy } => self.examined(member, *autopsy, report),
            Happening::Healthy { member, container } => {
                if self.is_current(member, &container) {
                    self.healthy(member, report);
                }
            }
            Happening::Found {
                member,
                container,
                frontend,
            } => {
                if self.is_current(member, &container) {
                    self.seats[member].frontend = Some(frontend);
                    self.handle(Event::Ready(member), report);
                }
            }
            Happening::Counted(census) => self.counted(census, report),
            Happening::Proven(result) => self.proof(&result, report),
            Happening::Drained(member) => self.handle(Event::Drained(member), report),
            Happening::Answered {
                member,
                answered: true,
            } => self.handle(Event::Answered(member), report),
            Happening::Answered { member, .. } => self.handle(Event::Unanswered(member), report),
            Happening::Nothing => {}
        }
    }

    fn is_current(&self, member: MemberIndex, container: &str) -> bool {
        let seat = &self.seats[member];
        seat.running && seat.container.as_deref() == Some(container)
    }

    /// Reports a remark once: most hold for all members.
    fn remark(&mut self, member: MemberIndex, notes: Vec<Note>, report: &mut dyn FnMut(Report)) {
        for note in notes {
            if self.remarks.insert(note.message.clone()) {
                report(Report::Note(format!(
                    "{}: {}",
                    self.name(member),
                    note.message
                )));
            }
        }
    }

    fn started(&mut self, member: MemberIndex, container: String) {
        let unwanted = self.seats[member].unwanted;
        self.seats[member].started(container);
        self.follow(member);
        if unwanted {
            self.stop(member, Some(self.deployment.grace));
        }
    }

    /// What cannot be launched at the beginning will not become better by waiting; but what ran
    /// already goes on.
    fn could_not_start(&mut self, member: MemberIndex, report: &mut dyn FnMut(Report)) {
        self.seats[member].ended();
        let first = !self.proven && !self.refused && !self.adopted;
        self.handle(Event::Exited { member, code: 125 }, report);
        if first {
            self.refused = true;
            self.handle(Event::Stop, report);
        }
    }

    fn exited(&mut self, member: MemberIndex, code: i64, report: &mut dyn FnMut(Report)) {
        let is_etcd = self.seats[member].member.table == "etcd";
        self.handle(Event::Exited { member, code }, report);
        self.seats[member].ended();
        self.remove_unwanted(member);
        if is_etcd && self.finished.is_none() {
            self.handle(Event::DiscoveryAway, report);
        }
    }

    /// Removes the container of a member that was scaled away.
    fn remove_unwanted(&mut self, member: MemberIndex) {
        let seat = &self.seats[member];
        if let Some(container) = seat.container.clone().filter(|_| seat.removed) {
            let engine = &self.launcher.engine;
            let job = async move {
                // What is left goes with the deployment.
                engine.remove_container(&container).await.ok();
                Happening::Nothing
            };
            self.jobs.push(job.boxed_local());
        }
    }

    fn healthy(&mut self, member: MemberIndex, report: &mut dyn FnMut(Report)) {
        self.handle(Event::Ready(member), report);
        if self.seats[member].member.table == "etcd" {
            self.handle(Event::DiscoveryBack, report);
        }
    }

    fn examined(&self, member: MemberIndex, autopsy: Autopsy, report: &mut dyn FnMut(Report)) {
        let name = self.name(member);
        let skipped = autopsy.last_lines.len().saturating_sub(LAST_LINES);
        if !self.settings.logs {
            for line in &autopsy.last_lines[skipped..] {
                report(Report::Quote(format!("{name}: {line}")));
            }
        }
        if let Some(diagnosis) = autopsy.diagnosis {
            report(Report::Diagnosis(diagnosis));
        }
    }

    pub(super) fn tick(&mut self, report: &mut dyn FnMut(Report)) {
        self.handle(Event::Tick, report);
        self.count();
        let timeout = self.deployment.ready.timeout;
        if !self.proven && !self.late && self.begun.elapsed() > timeout {
            self.late = true;
            report(Report::TimedOut {
                missing: self.missing(),
            });
        }
    }

    /// Looks into discovery, if it is time.
    fn count(&mut self) {
        let pause = if self.proven && self.all_known() {
            COUNT_SELDOM
        } else {
            COUNT_OFTEN
        };
        let due = self.counted.is_none_or(|last| last.elapsed() >= pause);
        let frontend = self.seats.iter().find_map(|seat| seat.frontend.clone());
        if let Some(frontend) = frontend.filter(|_| due && !self.counting) {
            self.counting = true;
            let job = async move { Happening::Counted(Census::take(&frontend).await) };
            self.jobs.push(job.boxed_local());
        }
    }

    fn all_known(&self) -> bool {
        self.seats
            .iter()
            .all(|seat| !seat.member.registers() || seat.id.is_some() || !seat.running)
    }

    fn counted(&mut self, census: Option<Census>, report: &mut dyn FnMut(Report)) {
        self.counting = false;
        self.counted = Some(Instant::now());
        let Some(census) = census else { return };
        let anonymous = census.is_anonymous() && census.missing(&self.deployment).is_none();
        for member in 0..self.seats.len() {
            let seat = &mut self.seats[member];
            if !seat.running || !seat.member.registers() || seat.id.is_some() {
                continue;
            }
            seat.id = census.id_of(&seat.member);
            if seat.id.is_some() || anonymous {
                self.handle(Event::Ready(member), report);
            }
        }
        let complete = census.missing(&self.deployment).is_none();
        self.census = Some(census);
        if complete && !self.proven {
            self.prove();
        }
    }

    /// Proves the way through every worker, if that is not being done.
    pub(super) fn prove(&mut self) {
        let frontend = self.seats.iter().find_map(|seat| seat.frontend.clone());
        let (Some(frontend), Some(census)) = (frontend, &self.census) else {
            return;
        };
        if self.proving {
            return;
        }
        self.proving = true;
        let expected = expected(&self.deployment, census);
        let job = async move { Happening::Proven(prove(&frontend, &expected).await) };
        self.jobs.push(job.boxed_local());
    }

    fn proof(&mut self, result: &Result<(), Unproven>, report: &mut dyn FnMut(Report)) {
        self.proving = false;
        match result {
            Ok(()) if self.proven => {}
            Ok(()) => {
                self.proven = true;
                let after = self.begun.elapsed();
                let answered = self
                    .deployment
                    .workers()
                    .map(|member| member.name.clone())
                    .collect();
                report(Report::Ready { after, answered });
            }
            Err(Unproven::DisaggregationOff) => self.handle(Event::DisaggregationOff, report),
            // It is tried again with the next count.
            Err(Unproven::Silent(_) | Unproven::Failed(_)) => {}
        }
    }

    fn missing(&self) -> String {
        let waiting = |seat: &&super::seat::Seat| {
            seat.member.kind == Kind::Frontend && seat.frontend.is_none()
        };
        match (&self.census, self.seats.iter().find(waiting)) {
            (_, Some(seat)) => format!("`{}` does not answer", seat.member.name),
            (None, None) => "no frontend was asked".to_owned(),
            (Some(census), None) => census
                .missing(&self.deployment)
                .unwrap_or_else(|| "requests are not answered by every worker".to_owned()),
        }
    }

    pub(super) fn leave_discovery(&mut self, member: MemberIndex) {
        let Some(id) = self.seats[member].id else {
            return;
        };
        let others = self
            .seats
            .iter()
            .enumerate()
            .filter(|(other, seat)| *other != member && seat.running);
        // etcd has the program for it, the others have the files.
        let mut others: Vec<_> = others.collect();
        others.sort_by_key(|(_, seat)| seat.member.table != "etcd");
        let containers: Vec<_> = others
            .iter()
            .filter_map(|(_, seat)| seat.container.clone())
            .collect();
        let (engine, registry) = (&self.launcher.engine, self.registry.clone());
        let job = async move {
            registry.remove(engine, &containers, id).await;
            Happening::Nothing
        };
        self.jobs.push(job.boxed_local());
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
        let job = async move {
            health::drained(engine, &container, &drained, grace).await;
            Happening::Drained(member)
        };
        self.jobs.push(job.boxed_local());
    }

    pub(super) fn probe(&mut self, member: MemberIndex) {
        let seat = &self.seats[member];
        let Some(container) = seat.container.clone() else {
            return;
        };
        let (engine, asked) = (&self.launcher.engine, seat.member.clone());
        let job = async move {
            let answered = health::answers(engine, &container, &asked).await;
            Happening::Answered { member, answered }
        };
        self.jobs.push(job.boxed_local());
    }

    pub(super) fn tell(&mut self, incident: &Incident, report: &mut dyn FnMut(Report)) {
        let text = match incident {
            Incident::Failed { member, cause } => {
                self.examine(*member, *cause);
                let name = self.name(*member);
                match cause {
                    Cause::Exited(code) => format!("`{name}` ended with {code}"),
                    Cause::DiscoveryAway => format!("`{name}` ended because discovery was away"),
                    Cause::Unanswered => format!("`{name}` does not answer"),
                }
            }
            Incident::Restarting { replica, after } => {
                format!("`{replica}` is started again in {}", human_duration(*after))
            }
            Incident::GaveUp { replica, failures } => {
                format!("`{replica}` failed {failures} times in ten minutes and is not started again")
            }
            Incident::NoneLeft(part) => format!("No {} is left: the deployment is stopped", part_name(*part)),
            Incident::DiscoveryAway => "Discovery is away".to_owned(),
            Incident::DiscoveryBack(after) => {
                format!("Discovery is back after {}", human_duration(*after))
            }
            Incident::RestartingFrontends => {
                "Decode serves requests alone, although prefill is there: the frontends are started again".to_owned()
            }
        };
        report(Report::Warning(text));
    }

    /// Looks for the reason in the log of a member that ended.
    fn examine(&mut self, member: MemberIndex, cause: Cause) {
        let (Cause::Exited(code), Some(container)) = (cause, self.seats[member].container.clone())
        else {
            return;
        };
        let engine = &self.launcher.engine;
        let job = async move {
            let autopsy = Box::new(autopsy(engine, &container, Some(code)).await);
            Happening::Examined { member, autopsy }
        };
        self.jobs.push(job.boxed_local());
    }
}

fn part_name(part: Part) -> &'static str {
    match part {
        Part::Frontend => "frontend",
        Part::Aggregated => "worker",
        Part::Decode => "decode worker",
        Part::Prefill => "prefill worker",
        Part::Encode => "encode worker",
        Part::Service => "service",
    }
}

fn expected(deployment: &Deployment, census: &Census) -> Expected {
    // Encode workers take no completions.
    let workers: Vec<&Member> = deployment
        .workers()
        .filter(|member| member.role() != Some(Role::Encode))
        .collect();
    let known: BTreeSet<u64> = workers
        .iter()
        .filter_map(|member| census.id_of(member))
        .collect();
    let all = census.instances.iter().map(|instance| instance.id);
    Expected {
        ids: if known.is_empty() {
            all.collect()
        } else {
            known
        },
        disaggregated: deployment.is_disaggregated(),
        pins: matches!(deployment.router, RouterMode::Kv | RouterMode::Direct),
    }
}

/// Waits for the end of a container, also over a restart of the engine.
async fn end_of(engine: &Engine, container: &str) -> i64 {
    loop {
        let ended = match engine.wait_container(container, WaitFor::NotRunning).await {
            Err(error) if error.status() == Some(404) => return UNSEEN,
            Err(error) => Err(error),
            Ok(wait) => wait.ended().await,
        };
        match ended {
            Ok(ended) => return ended.status_code,
            Err(_) => sleep(ENGINE_PAUSE).await,
        }
    }
}
