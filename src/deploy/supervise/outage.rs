//! What an outage of the engine or of discovery changes: what ends by it has not failed.

use super::dependency::Dependency;
use super::event::{Cause, Incident};
use super::member::{MemberIndex, Part};
use super::replica::State;
use super::supervisor::Supervisor;

impl Supervisor {
    /// Returns why a member ended. Services do not need discovery: they are it.
    pub(super) fn cause(&mut self, member: MemberIndex, code: i64) -> Cause {
        let replica = self.replicas.of(member);
        let (started, is_service) = (replica.started, replica.part == Part::Service);
        if self.engine.is_at_fault(self.now, started) {
            Cause::EngineAway
        } else if !is_service && self.discovery.is_at_fault(self.now, started) {
            Cause::DiscoveryAway
        } else {
            Cause::Exited(code)
        }
    }

    /// What ended shortly before the engine did ended with it.
    pub(super) fn engine_away(&mut self) {
        if self.engine.goes(self.now) {
            for replica in self.replicas.iter_mut() {
                replica.failures.forgive(Dependency::lag_before(self.now));
            }
            self.report(Incident::EngineAway);
        }
    }

    pub(super) fn engine_back(&mut self) {
        if let Some(outage) = self.engine.comes_back(self.now) {
            self.report(Incident::EngineBack(outage));
            self.tick();
        }
    }

    pub(super) fn discovery_away(&mut self) {
        if self.discovery.goes(self.now) {
            let others = self.replicas.iter_mut();
            for replica in others.filter(|replica| replica.part != Part::Service) {
                replica.failures.forgive(Dependency::lag_before(self.now));
            }
            self.report(Incident::DiscoveryAway);
        }
    }

    pub(super) fn discovery_back(&mut self) {
        if let Some(outage) = self.discovery.comes_back(self.now) {
            for replica in self.replicas.iter_mut() {
                if replica.state == State::WaitingForDiscovery {
                    replica.state = State::Waiting { until: self.now };
                }
            }
            self.report(Incident::DiscoveryBack(outage));
            self.tick();
        }
    }
}
