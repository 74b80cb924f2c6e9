//! What is done about what happens.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::{Instant, sleep};

use super::census::Census;
use super::event::Report;
use super::jobs::Happening;
use super::operation::Operation;
use super::proof::{Expected, Unproven, is_avoidance, prove};
use super::seat::Seat;
use crate::deploy::file::{Role, RouterMode};
use crate::deploy::supervise::{Event, MemberIndex};
use crate::deploy::{Deployment, Kind, Member};
use crate::launch::live::Autopsy;
use crate::launch::note::Note;

/// Between two looks into discovery, while somebody is missing and when all are there.
const COUNT_OFTEN: Duration = Duration::from_millis(100);
const COUNT_SELDOM: Duration = Duration::from_secs(5);

/// Lines of a log that are shown of a member that failed.
const LAST_LINES: usize = 8;

impl Operation<'_> {
    pub(super) fn react(&mut self, happening: Happening) {
        match happening {
            Happening::Started {
                member,
                container,
                notes,
            } => {
                self.remark(member, notes);
                self.started(member, container);
            }
            Happening::NotStarted {
                member,
                notes,
                problems,
            } => {
                self.remark(member, notes);
                self.report(Report::Problems(problems));
                self.could_not_start(member);
            }
            Happening::NoEngine(member) => {
                self.engine_away();
                self.seats[member].ended();
                self.handle(Event::Exited { member, code: 125 });
            }
            Happening::Lost { member, container } => {
                if self.is_current(member, &container) {
                    self.lost.insert(member);
                    self.engine_away();
                }
            }
            Happening::EngineBack => self.engine_back(),
            Happening::Exited {
                member,
                container,
                code,
            } => {
                if self.seats[member].container.as_ref() == Some(&container) {
                    self.exited(member, code);
                }
            }
            Happening::Examined { member, autopsy } => self.examined(member, *autopsy),
            Happening::EtcdAway => {
                self.handle(Event::DiscoveryAway);
                self.await_etcd();
            }
            Happening::EtcdBack => self.handle(Event::DiscoveryBack),
            Happening::Healthy { member, container } => {
                if self.is_current(member, &container) {
                    self.healthy(member);
                }
            }
            Happening::Found {
                member,
                container,
                frontend,
            } => {
                if self.is_current(member, &container) {
                    self.seats[member].frontend = Some(frontend);
                    self.handle(Event::Ready(member));
                }
            }
            Happening::Counted(census) => self.counted(census),
            Happening::Service { service, result } => {
                self.service_answered(service, result);
            }
            Happening::Registered(result) => self.registered(result),
            Happening::Dialed(all) => self.dialed(all),
            Happening::Proven(result) => self.proof(&result),
            Happening::Drained(member) => self.handle(Event::Drained(member)),
            Happening::Answered {
                member,
                answered: true,
            } => self.handle(Event::Answered(member)),
            Happening::Answered { member, .. } => self.handle(Event::Unanswered(member)),
            Happening::Nothing => {}
        }
    }

    fn is_current(&self, member: MemberIndex, container: &str) -> bool {
        let seat = &self.seats[member];
        seat.running && seat.container.as_deref() == Some(container)
    }

    /// Reports a remark once: most hold for all members.
    fn remark(&mut self, member: MemberIndex, notes: Vec<Note>) {
        for note in notes {
            if self.remarks.insert(note.message.clone()) {
                self.report(Report::Note(format!(
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
    fn could_not_start(&mut self, member: MemberIndex) {
        self.seats[member].ended();
        let first = !self.refused && !self.established;
        self.handle(Event::Exited { member, code: 125 });
        if first {
            self.refused = true;
            self.handle(Event::Stop);
        }
    }

    fn exited(&mut self, member: MemberIndex, code: i64) {
        let is_etcd = self.seats[member].member.table == "etcd";
        self.handle(Event::Exited { member, code });
        self.seats[member].ended();
        self.remove_unwanted(member);
        if is_etcd && self.finished.is_none() {
            self.handle(Event::DiscoveryAway);
        } else if self.finished.is_none() {
            self.look_for_etcd();
        }
    }

    fn engine_away(&mut self) {
        if self.engine_away.is_none() {
            self.engine_away = Some(Timestamp::now());
            self.handle(Event::EngineAway);
            self.await_engine();
        }
    }

    fn engine_back(&mut self) {
        let Some(since) = self.engine_away.take() else {
            return;
        };
        self.handle(Event::EngineBack);
        for member in std::mem::take(&mut self.lost) {
            self.watch_again(member, since);
        }
    }

    fn healthy(&mut self, member: MemberIndex) {
        self.handle(Event::Ready(member));
        if self.seats[member].member.table == "etcd" {
            self.handle(Event::DiscoveryBack);
        }
    }

    fn examined(&mut self, member: MemberIndex, autopsy: Autopsy) {
        let name = self.name(member).to_owned();
        let skipped = autopsy.last_lines.len().saturating_sub(LAST_LINES);
        if !self.settings.logs {
            for line in &autopsy.last_lines[skipped..] {
                self.report(Report::Quote(format!("{name}: {line}")));
            }
        }
        if let Some(diagnosis) = autopsy.diagnosis {
            let reason = diagnosis.lasts.then_some(diagnosis.class);
            self.report(Report::Diagnosis(diagnosis));
            if let Some(reason) = reason {
                self.handle(Event::WillRepeat { member, reason });
            }
        }
    }

    pub(super) fn tick(&mut self) {
        self.handle(Event::Tick);
        self.count();
        self.look_elsewhere();
        let timeout = self.deployment.ready.timeout;
        if !self.proven && !self.late && self.changed.elapsed() > timeout {
            self.late = true;
            self.report(Report::TimedOut {
                missing: self.missing(),
            });
        }
    }

    /// Looks into discovery, if it is time.
    fn count(&mut self) {
        let due = |last: Instant| last.elapsed() >= COUNT_SELDOM;
        if self.counted.is_none_or(due) || !self.is_settled() {
            self.count_after(Duration::ZERO);
        }
    }

    /// Looks into discovery, unless that is being done.
    fn count_after(&mut self, pause: Duration) {
        let frontend = self.seats.iter().find_map(|seat| seat.frontend.clone());
        if let Some(frontend) = frontend.filter(|_| !self.counting) {
            self.counting = true;
            self.spawn(async move {
                sleep(pause).await;
                Happening::Counted(Census::take(&frontend).await)
            });
        }
    }

    /// Returns whether all workers that run are known, and have answered.
    fn is_settled(&self) -> bool {
        let known = |seat: &Seat| !seat.member.registers() || seat.id.is_some() || !seat.running;
        self.proven && self.seats.iter().all(known)
    }

    fn counted(&mut self, census: Option<Census>) {
        self.counting = false;
        self.counted = Some(Instant::now());
        if let Some(census) = census {
            self.compare(census);
        }
        if !self.is_settled() {
            self.count_after(COUNT_OFTEN);
        }
    }

    fn compare(&mut self, census: Census) {
        let anonymous = census.is_anonymous() && census.missing(&self.deployment).is_none();
        for member in 0..self.seats.len() {
            let seat = &mut self.seats[member];
            if !seat.running || !seat.member.registers() || seat.id.is_some() {
                continue;
            }
            seat.id = census.id_of(&seat.member);
            if seat.id.is_some() || anonymous {
                self.handle(Event::Ready(member));
            }
        }
        let complete = census.missing(&self.deployment).is_none();
        self.census = Some(census);
        self.look_for_others();
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
        self.spawn(async move { Happening::Proven(prove(&frontend, &expected).await) });
    }

    fn proof(&mut self, result: &Result<(), Unproven>) {
        self.proving = false;
        match result {
            Ok(()) if self.proven => {}
            Ok(()) => {
                (self.proven, self.established) = (true, true);
                self.unproven = None;
                let after = self.changed.elapsed();
                let answered = self
                    .deployment
                    .workers()
                    .map(|member| member.name.clone())
                    .collect();
                let workers = self.deployment.ready.workers.clone();
                self.report(Report::Ready {
                    after,
                    workers,
                    answered,
                });
            }
            Err(Unproven::DisaggregationOff) => self.handle(Event::DisaggregationOff),
            // It is tried again with the next count.
            Err(why) => {
                let says_less = matches!(why, Unproven::Failed(text) if is_avoidance(text));
                if self.unproven.is_none() || !says_less {
                    self.unproven = Some(why.clone());
                }
            }
        }
    }

    fn missing(&self) -> String {
        if let Some(missing) = self.missing_here() {
            return missing;
        }
        let waiting = |seat: &&Seat| seat.member.kind == Kind::Frontend && seat.frontend.is_none();
        match (&self.census, self.seats.iter().find(waiting)) {
            (_, Some(seat)) => format!("`{}` does not answer", seat.member.name),
            (None, None) => "no frontend was asked".to_owned(),
            (Some(census), None) => census
                .missing(&self.deployment)
                .unwrap_or_else(|| self.unanswered(census)),
        }
    }

    /// Why requests that were sent are no proof.
    fn unanswered(&self, census: &Census) -> String {
        match &self.unproven {
            Some(Unproven::Failed(why)) => format!("requests fail: {why}"),
            Some(Unproven::Silent(ids)) => {
                let workers = self.deployment.workers();
                let is_silent =
                    |member: &&Member| census.id_of(member).is_some_and(|id| ids.contains(&id));
                let names = workers
                    .filter(is_silent)
                    .map(|member| format!("`{}`", member.name));
                let names: Vec<_> = names.collect();
                format!(
                    "of many requests, none was answered by {}",
                    names.join(", ")
                )
            }
            Some(Unproven::DisaggregationOff) | None => {
                "requests are not answered by every worker".to_owned()
            }
        }
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
