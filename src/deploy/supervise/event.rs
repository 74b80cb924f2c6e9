//! What happens, and what to do about it.

use std::time::Duration;

use super::member::{MemberIndex, Part, Watched};

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    /// The deployment is to be started.
    Begin,
    /// Services of other machines are not there yet: only services are started.
    Hold,
    /// The services of other machines are there.
    Release,
    /// A member was found running: nothing has to be started.
    Adopted(MemberIndex),
    /// A member is up: a service is healthy, a worker is in discovery, a frontend answers.
    Ready(MemberIndex),
    /// A member ended, or could not be started.
    Exited { member: MemberIndex, code: i64 },
    /// A member answered the watchdog, or finished a request by itself.
    Answered(MemberIndex),
    /// A member did not answer the watchdog.
    Unanswered(MemberIndex),
    /// The log of a member that ended names a reason that will be there the next time, too.
    WillRepeat {
        member: MemberIndex,
        /// The diagnosis.
        reason: &'static str,
    },
    /// The engine cannot be reached.
    EngineAway,
    /// The engine can be reached again.
    EngineBack,
    /// Discovery cannot be reached.
    DiscoveryAway,
    /// Discovery can be reached again.
    DiscoveryBack,
    /// A request was served by decode alone, although there is prefill.
    DisaggregationOff,
    /// A member that was to drain has no requests any more, or had time enough.
    Drained(MemberIndex),
    /// Replicas that were given up are to be tried again.
    Revive,
    /// Replicas are to be added.
    Add(Vec<Watched>),
    /// A replica is to be drained and ended.
    Remove(String),
    /// Everything is to be stopped in order; the second time, at once.
    Stop,
    /// Time has passed.
    Tick,
}

/// Something to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    Start(MemberIndex),
    /// Ask a member to end, and kill it after its grace period.
    Stop(MemberIndex),
    Kill(MemberIndex),
    /// Delete a member's entries in discovery.
    LeaveDiscovery(MemberIndex),
    /// Report [`Event::Drained`] when a member has no requests, or its grace period is over.
    Drain(MemberIndex),
    /// Find out whether a member serves, see [`Event::Answered`].
    Probe(MemberIndex),
    /// Find out whether requests pass prefill, see [`Event::DisaggregationOff`].
    ProbePath,
    Report(Incident),
    /// Everything has ended; whether a part of it had failed for good.
    Finished {
        failed: bool,
    },
}

/// Something that people want to know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Incident {
    Failed {
        member: MemberIndex,
        cause: Cause,
    },
    /// A replica is started again after a delay.
    Restarting {
        replica: String,
        after: Duration,
    },
    /// A replica failed too often.
    GaveUp {
        replica: String,
        failures: usize,
    },
    /// A replica failed, and nobody is to start it again.
    StaysDown {
        replica: String,
    },
    /// A replica failed twice for a reason that stays.
    Hopeless {
        replica: String,
    },
    /// No replica of a part is left.
    NoneLeft(Part),
    /// Discovery was away for this long.
    DiscoveryBack(Duration),
    DiscoveryAway,
    EngineAway,
    /// The engine was away for this long.
    EngineBack(Duration),
    /// What runs can only be stopped when the engine is back.
    StopWaitsForEngine,
    /// Frontends are started again, because only that turns disaggregation on.
    RestartingFrontends,
}

/// Why a member failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cause {
    /// It ended by itself. A server that ends with 0 has failed as well.
    Exited(i64),
    /// It ended because discovery was away.
    DiscoveryAway,
    /// It ended with the engine, or could not be started because there was none.
    EngineAway,
    /// It runs, but does not answer.
    Unanswered,
}
