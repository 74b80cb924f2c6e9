//! Stopping everything in order.

use super::event::Action;
use super::member::Part;
use super::replica::{Replica, State, Then};
use super::replicas::Replicas;

/// Asks the replicas of the next part to end, once those of the parts before have ended. Frontends
/// are first: they finish what they took, and take no more.
pub(super) fn next_tier(replicas: &mut Replicas) -> Vec<Action> {
    let busy = replicas
        .iter()
        .filter(|replica| !replica.running.is_empty());
    let Some(tier) = busy.map(|replica| tier(replica.part)).min() else {
        return Vec::new();
    };
    let mut actions = Vec::new();
    let due = |replica: &&mut Replica| tier == self::tier(replica.part) && !is_stopping(replica);
    for replica in replicas.iter_mut().filter(due) {
        replica.state = State::Ending(Then::Stay);
        actions.extend(replica.running.iter().map(|member| Action::Stop(*member)));
    }
    actions
}

/// Aggregated workers and decode workers stand in the same place.
fn tier(part: Part) -> Part {
    match part {
        Part::Aggregated => Part::Decode,
        part => part,
    }
}

fn is_stopping(replica: &Replica) -> bool {
    replica.running.is_empty() || replica.state == State::Ending(Then::Stay)
}

/// Kills whatever runs.
pub(super) fn kill_all(replicas: &mut Replicas) -> Vec<Action> {
    let mut actions = Vec::new();
    for replica in replicas.iter_mut() {
        replica.state = State::Ending(Then::Stay);
        actions.extend(replica.running.iter().map(|member| Action::Kill(*member)));
    }
    actions
}
