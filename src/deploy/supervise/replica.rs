//! One replica: its ranks live and die together.

use std::collections::BTreeSet;
use std::time::Duration;

use super::event::Action;
use super::failures::Failures;
use super::member::{MemberIndex, Part, Watched};
use super::watchdog::Watchdog;

/// What a replica does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// Not started yet.
    Idle,
    Starting,
    Ready {
        since: Duration,
    },
    /// Its last ranks are ending.
    Ending(Then),
    /// To be started again.
    Waiting {
        until: Duration,
    },
    /// To be started again when discovery is back.
    WaitingForDiscovery,
    /// Its requests are running out.
    Draining,
    /// It failed too often.
    GivenUp,
    /// It was stopped on purpose.
    Ended,
}

/// What comes after the end of the last rank.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Then {
    /// A start, after a delay that grows with the number of failures.
    RestartLater {
        ready_since: Option<Duration>,
        excused: bool,
    },
    RestartNow,
    Stay,
}

#[derive(Clone, Debug)]
pub(super) struct Replica {
    pub(super) name: String,
    pub(super) part: Part,
    pub(super) after: Option<String>,
    /// By rank.
    pub(super) members: Vec<MemberIndex>,
    pub(super) running: BTreeSet<MemberIndex>,
    pub(super) ready: BTreeSet<MemberIndex>,
    pub(super) state: State,
    pub(super) failures: Failures,
    pub(super) watchdog: Watchdog,
}

impl Replica {
    fn new(member: &Watched) -> Self {
        Self {
            name: member.replica.clone(),
            part: member.part,
            after: member.after.clone(),
            members: Vec::new(),
            running: BTreeSet::new(),
            ready: BTreeSet::new(),
            state: State::Idle,
            failures: Failures::default(),
            watchdog: Watchdog::default(),
        }
    }

    pub(super) fn is_ready(&self) -> bool {
        matches!(self.state, State::Ready { .. })
    }

    /// Returns whether it will serve, now or later, if nothing else happens.
    pub(super) fn is_wanted(&self) -> bool {
        !matches!(
            self.state,
            State::GivenUp | State::Ended | State::Draining | State::Ending(Then::Stay)
        )
    }

    /// Starts all ranks.
    pub(super) fn start(&mut self) -> impl Iterator<Item = Action> + '_ {
        self.state = State::Starting;
        self.running = self.members.iter().copied().collect();
        self.ready.clear();
        self.members.iter().map(|member| Action::Start(*member))
    }

    /// Lets requests run out before the ranks end.
    pub(super) fn drain(&mut self) -> Vec<Action> {
        if self.running.is_empty() {
            self.state = State::Ended;
            return Vec::new();
        }
        self.state = State::Draining;
        let ranks = self.members.iter();
        let out = ranks.map(|member| Action::LeaveDiscovery(*member));
        out.chain(self.running.iter().map(|member| Action::Drain(*member)))
            .collect()
    }

    /// Notes that a rank is ready; returns whether that makes the replica ready.
    pub(super) fn becomes_ready(&mut self, member: MemberIndex, now: Duration) -> bool {
        self.ready.insert(member);
        let mut ranks = self.members.iter();
        let is_whole = ranks.all(|member| self.ready.contains(member));
        let is_new = self.state == State::Starting && is_whole;
        if is_new {
            self.state = State::Ready { since: now };
            self.watchdog.reset(now);
        }
        is_new
    }

    pub(super) fn ready_since(&self) -> Option<Duration> {
        match self.state {
            State::Ready { since } => Some(since),
            _ => None,
        }
    }
}

/// Puts members into replicas, in their order, with the ranks of each in order.
pub(super) fn replicas(members: &[Watched], first: MemberIndex) -> Vec<Replica> {
    let mut replicas: Vec<Replica> = Vec::new();
    let mut ranked: Vec<_> = members.iter().enumerate().collect();
    ranked.sort_by_key(|(_, member)| member.rank);
    for member in members {
        if replicas
            .iter()
            .all(|replica| replica.name != member.replica)
        {
            replicas.push(Replica::new(member));
        }
    }
    for (index, member) in ranked {
        let own = replicas
            .iter_mut()
            .find(|replica| replica.name == member.replica);
        if let Some(replica) = own {
            replica.members.push(first + index);
        }
    }
    replicas
}
