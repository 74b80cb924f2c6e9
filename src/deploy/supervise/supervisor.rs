//! The state machine.

use std::time::Duration;

use super::disaggregation::Disaggregation;
use super::discovery::Discovery;
use super::event::{Action, Cause, Event, Incident};
use super::member::{MemberIndex, Part, Watched};
use super::replica::{Replica, State, Then, replicas};
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
    replicas: Vec<Replica>,
    phase: Phase,
    /// Whether services of other machines are waited for.
    held: bool,
    /// Whether members that end are started again.
    restarts: bool,
    discovery: Discovery,
    disaggregation: Disaggregation,
}

impl Supervisor {
    pub(crate) fn new(members: Vec<Watched>) -> Self {
        Self {
            replicas: replicas(&members, 0),
            members,
            phase: Phase::New,
            held: false,
            restarts: true,
            discovery: Discovery::new(),
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
                self.replica_of(member).watchdog.answered();
                Vec::new()
            }
            Event::Unanswered(member) => self.unanswered(now, member),
            Event::DiscoveryAway => self.discovery_away(now),
            Event::DiscoveryBack => self.discovery_back(now),
            Event::DisaggregationOff => self.restart_frontends(now),
            Event::Drained(member) => self.drained(member),
            Event::Add(members) => self.add(members),
            Event::Remove(replica) => self.remove(&replica),
            Event::Stop => self.stop(),
        };
        actions.extend(self.go_on());
        actions
    }

    fn position(&self, member: MemberIndex) -> usize {
        let own = |replica: &Replica| replica.members.contains(&member);
        self.replicas.iter().position(own).unwrap_or_default()
    }

    fn replica_of(&mut self, member: MemberIndex) -> &mut Replica {
        let position = self.position(member);
        &mut self.replicas[position]
    }

    /// Starts what may start, and goes on with a stop.
    fn go_on(&mut self) -> Vec<Action> {
        match self.phase {
            Phase::Services | Phase::Running => self.start_idle(),
            Phase::Stopping { failed } | Phase::Killing { failed } => {
                let mut actions = stop::next_tier(&mut self.replicas);
                if self
                    .replicas
                    .iter()
                    .all(|replica| replica.running.is_empty())
                {
                    self.phase = Phase::Finished;
                    actions.push(Action::Finished { failed });
                }
                actions
            }
            Phase::New | Phase::Finished => Vec::new(),
        }
    }

    fn start_idle(&mut self) -> Vec<Action> {
        let services = self
            .replicas
            .iter()
            .filter(|replica| replica.part == Part::Service);
        let there = !self.held && services.clone().all(Replica::is_ready);
        if self.phase == Phase::Services && there {
            self.phase = Phase::Running;
        }
        let ready = |name: &String| {
            self.replicas
                .iter()
                .any(|replica| replica.name == *name && replica.is_ready())
        };
        let may_start: Vec<_> = (0..self.replicas.len())
            .filter(|index| {
                let replica = &self.replicas[*index];
                let turn = self.phase == Phase::Running || replica.part == Part::Service;
                turn && replica.state == State::Idle && replica.after.as_ref().is_none_or(ready)
            })
            .collect();
        may_start
            .into_iter()
            .flat_map(|index| self.replicas[index].start().collect::<Vec<_>>())
            .collect()
    }

    /// Ranks that are missing have to be reported as ended afterwards, so that all start together.
    fn adopted(&mut self, member: MemberIndex) -> Vec<Action> {
        let replica = self.replica_of(member);
        replica.running.insert(member);
        replica.state = State::Starting;
        Vec::new()
    }

    fn member_ready(&mut self, now: Duration, member: MemberIndex) -> Vec<Action> {
        let replica = self.replica_of(member);
        if !replica.becomes_ready(member, now) {
            return Vec::new();
        }
        let part = replica.part;
        let back = self.disaggregation.is_back_with(part);
        back.then_some(Action::ProbePath).into_iter().collect()
    }

    fn exited(&mut self, now: Duration, member: MemberIndex, code: i64) -> Vec<Action> {
        let excused = self.discovery.is_at_fault(now);
        let stopping = !matches!(self.phase, Phase::New | Phase::Services | Phase::Running);
        let replica = self.replica_of(member);
        replica.running.remove(&member);
        match replica.state {
            _ if stopping => {
                if replica.running.is_empty() {
                    replica.state = State::Ended;
                }
                Vec::new()
            }
            State::Starting | State::Ready { .. } => {
                let cause = if excused && replica.part != Part::Service {
                    Cause::DiscoveryAway
                } else {
                    Cause::Exited(code)
                };
                self.failed(now, member, cause)
            }
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
        let excused = cause == Cause::DiscoveryAway;
        let replica = self.replica_of(member);
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
        let index = self.position(member);
        let replica = &mut self.replicas[index];
        match then {
            Then::Stay => {
                replica.state = State::Ended;
                Vec::new()
            }
            Then::RestartLater { .. } if !self.restarts => {
                let replica = replica.name.clone();
                self.stays_down(index, Incident::StaysDown { replica })
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
            Then::RestartLater { ready_since, .. } => {
                match replica.failures.count(now, ready_since) {
                    Some(after) => {
                        replica.state = State::Waiting { until: now + after };
                        let replica = replica.name.clone();
                        vec![Action::Report(Incident::Restarting { replica, after })]
                    }
                    None => self.give_up(index),
                }
            }
        }
    }

    fn give_up(&mut self, index: usize) -> Vec<Action> {
        let replica = &self.replicas[index];
        let incident = Incident::GaveUp {
            replica: replica.name.clone(),
            failures: replica.failures.lately(),
        };
        self.stays_down(index, incident)
    }

    /// The rest goes on, as long as one of its part is left.
    fn stays_down(&mut self, index: usize, incident: Incident) -> Vec<Action> {
        let replica = &mut self.replicas[index];
        replica.state = State::GivenUp;
        let part = replica.part;
        let mut actions = vec![Action::Report(incident)];
        let others = self
            .replicas
            .iter()
            .any(|replica| replica.part == part && replica.is_wanted());
        if !others {
            actions.push(Action::Report(Incident::NoneLeft(part)));
            self.phase = Phase::Stopping { failed: true };
        }
        actions
    }

    fn tick(&mut self, now: Duration) -> Vec<Action> {
        if !matches!(self.phase, Phase::Services | Phase::Running) {
            return Vec::new();
        }
        let mut actions = Vec::new();
        for index in 0..self.replicas.len() {
            let replica = &mut self.replicas[index];
            match replica.state {
                State::Waiting { until } if until <= now => actions.extend(replica.start()),
                State::Ready { .. } if replica.part.is_worker() && replica.watchdog.is_due(now) => {
                    // Rank 0 answers for all.
                    actions.extend(replica.members.first().map(|member| Action::Probe(*member)));
                }
                _ => {}
            }
        }
        actions
    }

    fn unanswered(&mut self, now: Duration, member: MemberIndex) -> Vec<Action> {
        let replica = self.replica_of(member);
        if replica.is_ready() && replica.watchdog.unanswered() {
            return self.failed(now, member, Cause::Unanswered);
        }
        Vec::new()
    }

    fn discovery_away(&mut self, now: Duration) -> Vec<Action> {
        let gone = self.discovery.goes(now);
        let report = gone.then_some(Action::Report(Incident::DiscoveryAway));
        report.into_iter().collect()
    }

    fn discovery_back(&mut self, now: Duration) -> Vec<Action> {
        let Some(outage) = self.discovery.comes_back(now) else {
            return Vec::new();
        };
        for replica in &mut self.replicas {
            if replica.state == State::WaitingForDiscovery {
                replica.state = State::Waiting { until: now };
            }
        }
        let mut actions = vec![Action::Report(Incident::DiscoveryBack(outage))];
        actions.extend(self.tick(now));
        actions
    }

    fn restart_frontends(&mut self, now: Duration) -> Vec<Action> {
        if self.phase != Phase::Running || !self.disaggregation.may_restart_frontends(now) {
            return Vec::new();
        }
        let mut actions = vec![Action::Report(Incident::RestartingFrontends)];
        let frontends = self
            .replicas
            .iter_mut()
            .filter(|replica| replica.part == Part::Frontend);
        for replica in frontends.filter(|replica| replica.is_ready()) {
            replica.state = State::Ending(Then::RestartNow);
            actions.extend(replica.running.iter().map(|member| Action::Stop(*member)));
        }
        actions
    }

    fn drained(&mut self, member: MemberIndex) -> Vec<Action> {
        let replica = self.replica_of(member);
        let due = replica.state == State::Draining && replica.running.contains(&member);
        due.then_some(Action::Stop(member)).into_iter().collect()
    }

    fn add(&mut self, members: Vec<Watched>) -> Vec<Action> {
        let first = self.members.len();
        self.replicas.extend(replicas(&members, first));
        self.members.extend(members);
        Vec::new()
    }

    fn remove(&mut self, name: &str) -> Vec<Action> {
        let mut named = self.replicas.iter_mut();
        let replica = named.find(|replica| replica.name == name && replica.is_wanted());
        replica.map(Replica::drain).unwrap_or_default()
    }

    fn stop(&mut self) -> Vec<Action> {
        match self.phase {
            Phase::New | Phase::Services | Phase::Running => {
                self.phase = Phase::Stopping { failed: false };
                Vec::new()
            }
            Phase::Stopping { failed } => {
                self.phase = Phase::Killing { failed };
                stop::kill_all(&mut self.replicas)
            }
            Phase::Killing { .. } | Phase::Finished => Vec::new(),
        }
    }
}
