//! Ending replicas, all of them in order.

use super::event::Action;
use super::member::MemberIndex;
use super::replica::{Replica, State, Then};
use super::supervisor::Supervisor;

impl Supervisor {
    /// Ends what runs of some replicas.
    pub(super) fn end(
        &mut self,
        due: impl Fn(&Replica) -> bool,
        then: Then,
        by: fn(MemberIndex) -> Action,
    ) {
        for replica in self.replicas.iter_mut().filter(|replica| due(replica)) {
            replica.state = State::Ending(then);
            self.actions
                .extend(replica.running.iter().map(|member| by(*member)));
        }
    }

    /// Asks the replicas of the next part to end, once those of the parts before have ended. Frontends
    /// are first: they finish what they took, and take no more.
    pub(super) fn stop_next_tier(&mut self) {
        let runs = |replica: &Replica| !replica.running.is_empty();
        let busy = self.replicas.iter().filter(|replica| runs(replica));
        let next = busy.map(|replica| replica.part.stop_tier()).min();
        let is_ending = |replica: &Replica| replica.state == State::Ending(Then::Stay);
        let is_next = |replica: &Replica| Some(replica.part.stop_tier()) == next;
        let due = |replica: &Replica| is_next(replica) && runs(replica) && !is_ending(replica);
        self.end(due, Then::Stay, Action::Stop);
    }
}
