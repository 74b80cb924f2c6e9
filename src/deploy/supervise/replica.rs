//! One replica: its ranks live and die together.

use std::collections::BTreeSet;
use std::time::Duration;

use super::event::Action;
use super::failures::Failures;
use super::member::{MemberIndex, Part, Watched};
use super::watchdog::Watchdog;

/// A lasting reason that was found this often in a row is believed.
const CONFIRMED: u32 = 2;

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
    /// When it was last started.
    pub(super) started: Duration,
    pub(super) failures: Failures,
    /// Why it failed last, if that stays, and how often in a row; it was not ready meanwhile.
    lasting: Option<(&'static str, u32)>,
    pub(super) watchdog: Watchdog,
}

impl Replica {
    pub(super) fn new(member: &Watched) -> Self {
        Self {
            name: member.replica.clone(),
            part: member.part,
            after: member.after.clone(),
            members: Vec::new(),
            running: BTreeSet::new(),
            ready: BTreeSet::new(),
            state: State::Idle,
            started: Duration::ZERO,
            failures: Failures::default(),
            lasting: None,
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

    pub(super) fn is_idle(&self) -> bool {
        self.state == State::Idle
    }

    /// Starts all ranks.
    pub(super) fn start(&mut self, now: Duration) -> impl Iterator<Item = Action> + '_ {
        self.state = State::Starting;
        self.started = now;
        self.running = self.members.iter().copied().collect();
        self.ready.clear();
        self.members.iter().map(|member| Action::Start(*member))
    }

    /// Forgets its failures, and waits for its turn if it was given up.
    pub(super) fn revive(&mut self) {
        if self.state == State::GivenUp {
            self.state = State::Idle;
            self.failures = Failures::default();
            self.lasting = None;
        }
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
            self.lasting = None;
            self.watchdog.reset(now);
        }
        is_new
    }

    /// Notes that it failed for a reason that stays.
    pub(super) fn will_repeat(&mut self, reason: &'static str) {
        let before = self.lasting.filter(|(known, _)| *known == reason);
        self.lasting = Some((reason, before.map_or(1, |(_, times)| times + 1)));
    }

    /// Returns whether another start is useless. One diagnosis may be wrong: a log may name what was
    /// only a remark.
    pub(super) fn is_hopeless(&self) -> bool {
        self.lasting.is_some_and(|(_, times)| times >= CONFIRMED)
    }

    pub(super) fn ready_since(&self) -> Option<Duration> {
        match self.state {
            State::Ready { since } => Some(since),
            _ => None,
        }
    }
}
