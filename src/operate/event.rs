//! What an operation is asked for, and what it reports.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::deploy::Deployment;
use crate::deploy::file::Role;
use crate::diagnosis::Diagnosis;
use crate::problem::Problems;

/// Something that an operation is asked for.
#[derive(Debug)]
pub(crate) enum Command {
    /// End everything in order; the second time, at once.
    Stop,
    /// Go over to this form of the deployment: replicas are added and removed.
    Change(Box<Deployment>),
}

/// Something that an operation reports.
#[derive(Debug)]
pub(crate) enum Report {
    Note(String),
    Warning(String),
    /// A line of a log that explains a failure.
    Quote(String),
    Diagnosis(Diagnosis),
    /// What is in the way, and what helps.
    Hindered {
        cause: String,
        fixes: Vec<String>,
    },
    Problems(Problems),
    /// A line that a member wrote.
    Line {
        member: String,
        text: String,
    },
    /// Every worker has answered.
    Ready {
        after: Duration,
        workers: BTreeMap<Role, usize>,
        answered: Vec<String>,
    },
    /// On a machine without a frontend: its workers are in discovery.
    Registered {
        after: Duration,
        members: Vec<String>,
    },
    /// It was not ready in time; it goes on.
    TimedOut {
        missing: String,
    },
}

/// What an operation came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    /// It was ended on purpose.
    Stopped,
    /// The engine did not take a member.
    Refused,
    /// Too much of it failed before it was ready.
    Failed,
    /// Too much of it failed after it had been ready, or of what ran already.
    Broken,
}
