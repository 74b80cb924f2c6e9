//! The state machine.

use std::time::Duration;

use super::dependency::Dependency;
use super::disaggregation::Disaggregation;
use super::event::{Action, Cause, Event, Incident};
use super::member::{MemberIndex, Part, Watched};
use super::replica::{Replica, State, Then};
use super::replicas::Replicas;
use super::stop;

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

    /// Returns how many replicas of a part are ready.
    #[cfg(test)]
    pub(crate) fn ready(&self, part: Part) -> usize {
        let ready = |replica: &&Replica| replica.part == part && replica.is_ready();
        self.replicas.iter().filter(ready).count()
    }

    /// Returns what to do about an event. `now` is the time since any fixed moment.
    pub(crate) fn handle(&mut self, now: Duration, event: Event) -> Vec<Action> {
        let mut actions = match event {
            Event::Begin => {
                self.phase = Phase::Services;
                Vec::new()
            }
            Event::Hold => {
                self.held = true;
                Vec::new()
            }
            Event::Release => {
                self.held = false;
                Vec::new()
            }
            Event::Tick => self.tick(now),
            Event::Adopted(member) => self.adopted(member),
            Event::Ready(member) => self.member_ready(now, member),
            Event::Exited { member, code } => self.exited(now, member, code),
            Event::Answered(member) => {
                self.replicas.of(member).watchdog.answered();
                Vec::new()
            }
            Event::Unanswered(member) => self.unanswered(now, member),
            Event::WillRepeat { member, reason } => self.will_repeat(member, reason),
            Event::EngineAway => self.engine_away(now),
            Event::EngineBack => self.engine_back(now),
            Event::DiscoveryAway => self.discovery_away(now),
            Event::DiscoveryBack => self.discovery_back(now),
            Event::DisaggregationOff => self.restart_frontends(now),
            Event::Drained(member) => self.drained(member),
            Event::Revive => {
                self.replicas.iter_mut().for_each(Replica::revive);
                Vec::new()
            }
            Event::Add(members) => self.add(members),
            Event::Remove(replica) => self.remove(&replica),
            Event::Stop => self.stop(),
        };
        actions.extend(self.go_on(now));
        actions
    }

    /// Starts what may start, and goes on with a stop.
    fn go_on(&mut self, now: Duration) -> Vec<Action> {
        match self.phase {
            Phase::Services | Phase::Running => self.start_idle(now),
            Phase::Stopping { failed } | Phase::Killing { failed } => {
                let mut actions = stop::next_tier(&mut self.replicas);
                if self.replicas.have_ended() {
                    self.phase = Phase::Finished;
                    actions.push(Action::Finished { failed });
                }
                actions
            }
            Phase::New | Phase::Finished => Vec::new(),
        }
    }

    fn start_idle(&mut self, now: Duration) -> Vec<Action> {
        let are_ready = self.replicas.of_part(Part::Service).all(Replica::is_ready);
        let there = !self.held && are_ready;
        if self.phase == Phase::Services && there {
            self.phase = Phase::Running;
        }
        if self.engine.is_away() {
            return Vec::new();
        }
        self.replicas.start_idle(now, self.phase == Phase::Running)
    }

    /// Ranks that are missing have to be reported as ended afterwards, so that all start together.
    fn adopted(&mut self, member: MemberIndex) -> Vec<Action> {
        let replica = self.replicas.of(member);
        replica.running.insert(member);
        replica.state = State::Starting;
        Vec::new()
    }

    fn member_ready(&mut self, now: Duration, member: MemberIndex) -> Vec<Action> {
        let replica = self.replicas.of(member);
        if !replica.becomes_ready(member, now) {
            return Vec::new();
        }
        let part = replica.part;
        let back = self.disaggregation.is_back_with(part);
        back.then_some(Action::ProbePath).into_iter().collect()
    }

    fn exited(&mut self, now: Duration, member: MemberIndex, code: i64) -> Vec<Action> {
        let cause = self.cause(now, member, code);
        let stopping = !matches!(self.phase, Phase::New | Phase::Services | Phase::Running);
        let replica = self.replicas.of(member);
        replica.running.remove(&member);
        match replica.state {
            _ if stopping => {
                if replica.running.is_empty() {
                    replica.state = State::Ended;
                }
                Vec::new()
            }
            State::Starting | State::Ready { .. } => self.failed(now, member, cause),
            State::Draining => {
                if replica.running.is_empty() {
                    replica.state = State::Ended;
                }
                Vec::new()
            }
            State::Ending(then) if replica.running.is_empty() => self.conclude(now, member, then),
            _ => Vec::new(),
        }
    }

    /// Takes a replica out of discovery and ends what is left of it.
    fn failed(&mut self, now: Duration, member: MemberIndex, cause: Cause) -> Vec<Action> {
        let excused = matches!(cause, Cause::DiscoveryAway | Cause::EngineAway);
        let replica = self.replicas.of(member);
        let then = Then::RestartLater {
            ready_since: replica.ready_since(),
            excused,
        };
        replica.state = State::Ending(then);
        let mut actions = Vec::new();
        if replica.part.is_worker() {
            actions.extend(
                replica
                    .members
                    .iter()
                    .map(|rank| Action::LeaveDiscovery(*rank)),
            );
        }
        actions.push(Action::Report(Incident::Failed { member, cause }));
        // One that hangs does not answer a signal, and ranks that miss one of them hang.
        let end = if cause == Cause::Unanswered {
            Action::Kill
        } else {
            Action::Stop
        };
        actions.extend(replica.running.iter().map(|rank| end(*rank)));
        let over = replica.running.is_empty();
        self.disaggregation.look(&self.replicas);
        if over {
            actions.extend(self.conclude(now, member, then));
        }
        actions
    }

    /// Decides about a replica whose last rank has ended.
    fn conclude(&mut self, now: Duration, member: MemberIndex, then: Then) -> Vec<Action> {
        let away = self.discovery.is_away();
        let replica = self.replicas.of(member);
        match then {
            Then::Stay => {
                replica.state = State::Ended;
                Vec::new()
            }
            Then::RestartLater { .. } if !self.restarts => {
                let replica = replica.name.clone();
                self.stays_down(member, Incident::StaysDown { replica })
            }
            Then::RestartNow => {
                replica.state = State::Waiting { until: now };
                self.tick(now)
            }
            Then::RestartLater { excused: true, .. } => {
                replica.state = if away {
                    State::WaitingForDiscovery
                } else {
                    State::Waiting { until: now }
                };
                self.tick(now)
            }
            Then::RestartLater { .. } if replica.is_hopeless() => self.give_up(member),
            Then::RestartLater { ready_since, .. } => {
                match replica.failures.count(now, ready_since) {
                    Some(after) => {
                        replica.state = State::Waiting { until: now + after };
                        let replica = replica.name.clone();
                        vec![Action::Report(Incident::Restarting { replica, after })]
                    }
                    None => self.give_up(member),
                }
            }
        }
    }

    /// Notes a reason that the next start would not change.
    fn will_repeat(&mut self, member: MemberIndex, reason: &'static str) -> Vec<Action> {
        let replica = self.replicas.of(member);
        replica.will_repeat(reason);
        if replica.is_hopeless() && matches!(replica.state, State::Waiting { .. }) {
            return self.give_up(member);
        }
        Vec::new()
    }

    fn give_up(&mut self, member: MemberIndex) -> Vec<Action> {
        let given_up = self.replicas.of(member);
        let replica = given_up.name.clone();
        let incident = if given_up.is_hopeless() {
            Incident::Hopeless { replica }
        } else {
            let failures = given_up.failures.lately();
            Incident::GaveUp { replica, failures }
        };
        self.stays_down(member, incident)
    }

    /// The rest goes on, as long as one of its part is left.
    fn stays_down(&mut self, member: MemberIndex, incident: Incident) -> Vec<Action> {
        let replica = self.replicas.of(member);
        replica.state = State::GivenUp;
        let part = replica.part;
        let mut actions = vec![Action::Report(incident)];
        if !self.replicas.of_part(part).any(Replica::is_wanted) {
            actions.push(Action::Report(Incident::NoneLeft(part)));
            self.phase = Phase::Stopping { failed: true };
        }
        actions
    }

    pub(super) fn tick(&mut self, now: Duration) -> Vec<Action> {
        let runs = matches!(self.phase, Phase::Services | Phase::Running);
        if !runs || self.engine.is_away() {
            return Vec::new();
        }
        let away = self.discovery.is_away();
        let mut actions = Vec::new();
        for replica in self.replicas.iter_mut() {
            let held = away && replica.part != Part::Service;
            match replica.state {
                State::Waiting { until } if until <= now && !held => {
                    actions.extend(replica.start(now));
                }
                State::Ready { .. } if replica.watchdog.is_due(now) => {
                    // Rank 0 answers for all.
                    actions.extend(replica.members.first().map(|member| Action::Probe(*member)));
                }
                _ => {}
            }
        }
        actions
    }

    fn unanswered(&mut self, now: Duration, member: MemberIndex) -> Vec<Action> {
        let replica = self.replicas.of(member);
        // It was asked through the engine.
        let asked = !self.engine.is_away() && replica.is_ready();
        if asked && replica.watchdog.unanswered() {
            return self.failed(now, member, Cause::Unanswered);
        }
        Vec::new()
    }

    fn restart_frontends(&mut self, now: Duration) -> Vec<Action> {
        let acts = self.phase == Phase::Running && !self.engine.is_away();
        if !acts || !self.disaggregation.may_restart_frontends(now) {
            return Vec::new();
        }
        let mut actions = vec![Action::Report(Incident::RestartingFrontends)];
        let due = |replica: &&mut Replica| replica.part == Part::Frontend && replica.is_ready();
        for replica in self.replicas.iter_mut().filter(due) {
            replica.state = State::Ending(Then::RestartNow);
            actions.extend(replica.running.iter().map(|member| Action::Stop(*member)));
        }
        actions
    }

    fn drained(&mut self, member: MemberIndex) -> Vec<Action> {
        let replica = self.replicas.of(member);
        let due = replica.state == State::Draining && replica.running.contains(&member);
        due.then_some(Action::Stop(member)).into_iter().collect()
    }

    fn add(&mut self, members: Vec<Watched>) -> Vec<Action> {
        let first = self.members.len();
        self.replicas.add(&members, first);
        self.members.extend(members);
        Vec::new()
    }

    fn remove(&mut self, name: &str) -> Vec<Action> {
        let replica = self.replicas.wanted(name);
        replica.map(Replica::drain).unwrap_or_default()
    }

    fn stop(&mut self) -> Vec<Action> {
        let away = self.engine.is_away();
        match self.phase {
            Phase::New | Phase::Services | Phase::Running => {
                self.phase = Phase::Stopping { failed: false };
                let waits = away && !self.replicas.have_ended();
                let report = waits.then_some(Action::Report(Incident::StopWaitsForEngine));
                report.into_iter().collect()
            }
            Phase::Stopping { .. } if away => {
                // Nobody can end what runs, and the engine may never come back.
                self.phase = Phase::Finished;
                vec![Action::Finished { failed: true }]
            }
            Phase::Stopping { failed } => {
                self.phase = Phase::Killing { failed };
                stop::kill_all(&mut self.replicas)
            }
            Phase::Killing { .. } | Phase::Finished => Vec::new(),
        }
    }
}
