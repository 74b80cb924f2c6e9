//! What goes on at the same time.

use std::rc::Rc;

use futures_util::future::LocalBoxFuture;
use futures_util::stream::FuturesUnordered;

use super::census::Census;
use super::etcd::Entry;
use super::frontend::Frontend;
use super::machines::Dialed;
use super::proof::Unproven;
use crate::deploy::Member;
use crate::deploy::supervise::MemberIndex;
use crate::launch::live::Autopsy;
use crate::launch::note::Note;
use crate::problem::Problems;

/// What a job came to.
pub(super) enum Happening {
    Started {
        member: MemberIndex,
        container: String,
        notes: Vec<Note>,
    },
    NotStarted {
        member: MemberIndex,
        notes: Vec<Note>,
        problems: Problems,
    },
    /// The engine was away when a member was to be started.
    NoEngine(MemberIndex),
    /// The engine went away while a member was watched.
    Lost {
        member: MemberIndex,
        container: String,
    },
    /// The engine answers again.
    EngineBack,
    Exited {
        member: MemberIndex,
        container: String,
        code: i64,
    },
    Examined {
        member: MemberIndex,
        autopsy: Box<Autopsy>,
    },
    /// No etcd of this machine can be reached, although it runs.
    EtcdAway,
    /// One can be reached again.
    EtcdBack,
    Healthy {
        member: MemberIndex,
        container: String,
    },
    Found {
        member: MemberIndex,
        container: String,
        frontend: Frontend,
    },
    Counted(Option<Census>),
    /// A service of another machine was asked.
    Service {
        service: Rc<Member>,
        result: Result<(), String>,
    },
    /// What is in etcd.
    Registered(Result<Vec<Entry>, String>),
    /// Workers of other machines, and whether they can be reached.
    Dialed(Vec<Dialed>),
    Proven(Result<(), Unproven>),
    Drained(MemberIndex),
    Answered {
        member: MemberIndex,
        answered: bool,
    },
    Nothing,
}

pub(super) type Jobs<'a> = FuturesUnordered<LocalBoxFuture<'a, Happening>>;
