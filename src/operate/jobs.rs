//! What goes on at the same time.

use futures_util::future::LocalBoxFuture;
use futures_util::stream::FuturesUnordered;

use super::census::Census;
use super::frontend::Frontend;
use super::proof::Unproven;
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
    Exited {
        member: MemberIndex,
        container: String,
        code: i64,
    },
    Examined {
        member: MemberIndex,
        autopsy: Box<Autopsy>,
    },
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
    Proven(Result<(), Unproven>),
    Drained(MemberIndex),
    Answered {
        member: MemberIndex,
        answered: bool,
    },
    Nothing,
}

pub(super) type Jobs<'a> = FuturesUnordered<LocalBoxFuture<'a, Happening>>;
