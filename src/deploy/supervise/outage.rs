//! What an outage of the engine or of discovery changes: what ends by it has not failed.

use std::time::Duration;

use super::dependency::Dependency;
use super::event::{Action, Cause, Incident};
use super::member::{MemberIndex, Part};
use super::replica::State;
use super::supervisor::Supervisor;

impl Supervisor {
    /// Returns why a member ended. Services do not need discovery: they are it.
    pub(super) fn cause(&mut self, now: Duration, member: MemberIndex, code: i64) -> Cause {
        let replica = self.replicas.of(member);
        let (started, is_service) = (replica.started, replica.part == Part::Service);
        if self.engine.is_at_fault(now, started) {
            Cause::EngineAway
        } else if !is_service && self.discovery.is_at_fault(now, started) {
            Cause::DiscoveryAway
        } else {
            Cause::Exited(code)
        }
    }

    /// What ended shortly before the engine did ended with it.
    pub(super) fn engine_away(&mut self, now: Duration) -> Vec<Action> {
        if !self.engine.goes(now) {
            return Vec::new();
        }
        for replica in self.replicas.iter_mut() {
            replica.failures.forgive(Dependency::lag_before(now));
        }
        vec![Action::Report(Incident::EngineAway)]
    }

    pub(super) fn engine_back(&mut self, now: Duration) -> Vec<Action> {
        let Some(outage) = self.engine.comes_back(now) else {
            return Vec::new();
        };
        let mut actions = vec![Action::Report(Incident::EngineBack(outage))];
        actions.extend(self.tick(now));
        actions
    }

    pub(super) fn discovery_away(&mut self, now: Duration) -> Vec<Action> {
        if !self.discovery.goes(now) {
            return Vec::new();
        }
        let before = Dependency::lag_before(now);
        let others = self.replicas.iter_mut();
        for replica in others.filter(|replica| replica.part != Part::Service) {
            replica.failures.forgive(before);
        }
        vec![Action::Report(Incident::DiscoveryAway)]
    }

    pub(super) fn discovery_back(&mut self, now: Duration) -> Vec<Action> {
        let Some(outage) = self.discovery.comes_back(now) else {
            return Vec::new();
        };
        for replica in self.replicas.iter_mut() {
            if replica.state == State::WaitingForDiscovery {
                replica.state = State::Waiting { until: now };
            }
        }
        let mut actions = vec![Action::Report(Incident::DiscoveryBack(outage))];
        actions.extend(self.tick(now));
        actions
    }
}
