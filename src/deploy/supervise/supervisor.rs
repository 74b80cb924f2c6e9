//! The state machine.

use std::mem::take;
use std::time::Duration;

use super::dependency::Dependency;
use super::disaggregation::Disaggregation;
use super::event::{Action, Cause, Event, Incident};
use super::member::{MemberIndex, Part, Watched};
use super::replica::{Replica, State, Then};
use super::replicas::Replicas;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// What runs is still being looked for.
    New,
    /// Services are starting, and everything else waits for them.
    Services,
    Running,
    Stopping {
        failed: bool,
    },
    Killing {
        failed: bool,
    },
    Finished,
}

/// Keeps the members of one deployment alive.
#[derive(Clone, Debug)]
pub(crate) struct Supervisor {
    members: Vec<Watched>,
    pub(super) replicas: Replicas,
    phase: Phase,
    /// Whether services of other machines are waited for.
    held: bool,
    /// Whether members that end are started again.
    restarts: bool,
    pub(super) engine: Dependency,
    pub(super) discovery: Dependency,
    disaggregation: Disaggregation,
    /// The time of the event that is handled.
    pub(super) now: Duration,
    /// What is to be done about it.
    pub(super) actions: Vec<Action>,
}

impl Supervisor {
    pub(crate) fn new(members: Vec<Watched>) -> Self {
        let mut replicas = Replicas::default();
        replicas.add(&members, 0);
        Self {
            replicas,
            members,
            phase: Phase::New,
            held: false,
            restarts: true,
            engine: Dependency::new(),
            discovery: Dependency::new(),
            disaggregation: Disaggregation::default(),
            now: Duration::ZERO,
            actions: Vec::new(),
        }
    }

    /// Only reports what ends.
    pub(crate) fn without_restarts(mut self) -> Self {
        self.restarts = false;
        self
    }

    pub(crate) fn members(&self) -> &[Watched] {
        &self.members
    }

    /// Returns what to do about an event. `now` is the time since any fixed moment.
    pub(crate) fn handle(&mut self, now: Duration, event: Event) -> Vec<Action> {
        self.now = now;
        match event {
            Event::Begin => self.phase = Phase::Services,
            Event::Hold => self.held = true,
            Event::Release => self.held = false,
            Event::Tick => self.tick(),
            Event::Adopted(member) => self.adopted(member),
            Event::Ready(member) => self.member_ready(member),
            Event::Exited { member, code } => self.exited(member, code),
            Event::Answered(member) => self.replicas.of(member).watchdog.answered(),
            Event::Unanswered(member) => self.unanswered(member),
            Event::WillRepeat { member, reason } => self.will_repeat(member, reason),
            Event::EngineAway => self.engine_away(),
            Event::EngineBack => self.engine_back(),
            Event::DiscoveryAway => self.discovery_away(),
            Event::DiscoveryBack => self.discovery_back(),
            Event::DisaggregationOff => self.restart_frontends(),
            Event::Drained(member) => self.drained(member),
            Event::Revive => self.replicas.iter_mut().for_each(Replica::revive),
            Event::Add(members) => self.add(members),
            Event::Remove(replica) => self.remove(&replica),
            Event::Stop => self.stop(),
        }
        self.go_on();
        take(&mut self.actions)
    }

    pub(super) fn report(&mut self, incident: Incident) {
        self.actions.push(Action::Report(incident));
    }

    /// Starts what may start, and goes on with a stop.
    fn go_on(&mut self) {
        match self.phase {
            Phase::Services | Phase::Running => self.start_idle(),
            Phase::Stopping { failed } | Phase::Killing { failed } => {
                self.stop_next_tier();
                if self.replicas.have_ended() {
                    self.phase = Phase::Finished;
                    self.actions.push(Action::Finished { failed });
                }
            }
            Phase::New | Phase::Finished => {}
        }
    }

    fn start_idle(&mut self) {
        let are_ready = self.replicas.of_part(Part::Service).all(Replica::is_ready);
        let there = !self.held && are_ready;
        if self.phase == Phase::Services && there {
            self.phase = Phase::Running;
        }
        if !self.engine.is_away() {
            let rest = self.phase == Phase::Running;
            self.actions
                .extend(self.replicas.start_idle(self.now, rest));
        }
    }

    /// Ranks that are missing have to be reported as ended afterwards, so that all start together.
    fn adopted(&mut self, member: MemberIndex) {
        let replica = self.replicas.of(member);
        replica.running.insert(member);
        replica.state = State::Starting;
    }

    fn member_ready(&mut self, member: MemberIndex) {
        let replica = self.replicas.of(member);
        if replica.becomes_ready(member, self.now) && self.disaggregation.is_back_with(replica.part)
        {
            self.actions.push(Action::ProbePath);
        }
    }

    fn exited(&mut self, member: MemberIndex, code: i64) {
        let cause = self.cause(member, code);
        let stopping = !matches!(self.phase, Phase::New | Phase::Services | Phase::Running);
        let replica = self.replicas.of(member);
        replica.running.remove(&member);
        let is_over = replica.running.is_empty();
        match replica.state {
            State::Starting | State::Ready { .. } if !stopping => self.failed(member, cause),
            State::Ending(then) if !stopping && is_over => self.conclude(member, then),
            state if is_over && (stopping || state == State::Draining) => {
                replica.state = State::Ended;
            }
            _ => {}
        }
    }

    /// Takes a replica out of discovery and ends what is left of it.
    fn failed(&mut self, member: MemberIndex, cause: Cause) {
        let replica = self.replicas.of(member);
        let then = Then::RestartLater {
            ready_since: replica.ready_since(),
            excused: matches!(cause, Cause::DiscoveryAway | Cause::EngineAway),
        };
        replica.state = State::Ending(then);
        if replica.part.is_worker() {
            let ranks = replica.members.iter();
            self.actions
                .extend(ranks.map(|rank| Action::LeaveDiscovery(*rank)));
        }
        let incident = Incident::Failed { member, cause };
        self.actions.push(Action::Report(incident));
        // One that hangs does not answer a signal, and ranks that miss one of them hang.
        let end = if cause == Cause::Unanswered {
            Action::Kill
        } else {
            Action::Stop
        };
        self.actions
            .extend(replica.running.iter().map(|rank| end(*rank)));
        let over = replica.running.is_empty();
        self.disaggregation.look(&self.replicas);
        if over {
            self.conclude(member, then);
        }
    }

    /// Decides about a replica whose last rank has ended.
    fn conclude(&mut self, member: MemberIndex, then: Then) {
        let away = self.discovery.is_away();
        let replica = self.replicas.of(member);
        match then {
            Then::Stay => replica.state = State::Ended,
            Then::RestartLater { .. } if !self.restarts => {
                let replica = replica.name.clone();
                self.stays_down(member, Incident::StaysDown { replica });
            }
            Then::RestartLater { excused: true, .. } if away => {
                replica.state = State::WaitingForDiscovery;
                self.tick();
            }
            Then::RestartNow | Then::RestartLater { excused: true, .. } => {
                replica.state = State::Waiting { until: self.now };
                self.tick();
            }
            Then::RestartLater { .. } if replica.is_hopeless() => self.give_up(member),
            Then::RestartLater { ready_since, .. } => {
                match replica.failures.count(self.now, ready_since) {
                    Some(after) => {
                        let until = self.now + after;
                        replica.state = State::Waiting { until };
                        let replica = replica.name.clone();
                        self.report(Incident::Restarting { replica, after });
                    }
                    None => self.give_up(member),
                }
            }
        }
    }

    /// Notes a reason that the next start would not change.
    fn will_repeat(&mut self, member: MemberIndex, reason: &'static str) {
        let replica = self.replicas.of(member);
        replica.will_repeat(reason);
        if replica.is_hopeless() && matches!(replica.state, State::Waiting { .. }) {
            self.give_up(member);
        }
    }

    fn give_up(&mut self, member: MemberIndex) {
        let given_up = self.replicas.of(member);
        let replica = given_up.name.clone();
        let incident = if given_up.is_hopeless() {
            Incident::Hopeless { replica }
        } else {
            let failures = given_up.failures.lately();
            Incident::GaveUp { replica, failures }
        };
        self.stays_down(member, incident);
    }

    /// The rest goes on, as long as one of its part is left.
    fn stays_down(&mut self, member: MemberIndex, incident: Incident) {
        let replica = self.replicas.of(member);
        replica.state = State::GivenUp;
        let part = replica.part;
        self.report(incident);
        if !self.replicas.of_part(part).any(Replica::is_wanted) {
            self.report(Incident::NoneLeft(part));
            self.phase = Phase::Stopping { failed: true };
        }
    }

    pub(super) fn tick(&mut self) {
        let runs = matches!(self.phase, Phase::Services | Phase::Running);
        if !runs || self.engine.is_away() {
            return;
        }
        let (now, away) = (self.now, self.discovery.is_away());
        for replica in self.replicas.iter_mut() {
            let held = away && replica.part != Part::Service;
            match replica.state {
                State::Waiting { until } if until <= now && !held => {
                    self.actions.extend(replica.start(now));
                }
                State::Ready { .. } if replica.watchdog.is_due(now) => {
                    // Rank 0 answers for all.
                    let first = replica.members.first();
                    self.actions
                        .extend(first.map(|member| Action::Probe(*member)));
                }
                _ => {}
            }
        }
    }

    fn unanswered(&mut self, member: MemberIndex) {
        let replica = self.replicas.of(member);
        // It was asked through the engine.
        let asked = !self.engine.is_away() && replica.is_ready();
        if asked && replica.watchdog.unanswered() {
            self.failed(member, Cause::Unanswered);
        }
    }

    fn restart_frontends(&mut self) {
        let acts = self.phase == Phase::Running && !self.engine.is_away();
        if acts && self.disaggregation.may_restart_frontends(self.now) {
            self.report(Incident::RestartingFrontends);
            let due = |replica: &Replica| replica.part == Part::Frontend && replica.is_ready();
            self.end(due, Then::RestartNow, Action::Stop);
        }
    }

    fn drained(&mut self, member: MemberIndex) {
        let replica = self.replicas.of(member);
        if replica.state == State::Draining && replica.running.contains(&member) {
            self.actions.push(Action::Stop(member));
        }
    }

    fn add(&mut self, members: Vec<Watched>) {
        self.replicas.add(&members, self.members.len());
        self.members.extend(members);
    }

    fn remove(&mut self, name: &str) {
        if let Some(replica) = self.replicas.wanted(name) {
            self.actions.extend(replica.drain());
        }
    }

    fn stop(&mut self) {
        let away = self.engine.is_away();
        match self.phase {
            Phase::New | Phase::Services | Phase::Running => {
                self.phase = Phase::Stopping { failed: false };
                if away && !self.replicas.have_ended() {
                    self.report(Incident::StopWaitsForEngine);
                }
            }
            Phase::Stopping { .. } if away => {
                // Nobody can end what runs, and the engine may never come back.
                self.phase = Phase::Finished;
                self.actions.push(Action::Finished { failed: true });
            }
            Phase::Stopping { failed } => {
                self.phase = Phase::Killing { failed };
                self.end(|_| true, Then::Stay, Action::Kill);
            }
            Phase::Killing { .. } | Phase::Finished => {}
        }
    }
}
