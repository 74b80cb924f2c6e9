//! Exit codes of both programs. They are part of the interface: CI pipelines branch on them.

use std::process::ExitCode;

use crate::launch::live::session::End;
use crate::launch::live::signals::Caught;
use crate::launch::readiness::Readiness;
use crate::operate::Ended;
use crate::problem::ProblemKind;

/// Why a program of ours ends, as the caller's shell sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Exit {
    /// Everything asked for was done: 0.
    Done,
    /// A build step (or the export of its result) failed: 1.
    StepFailed,
    /// The command line, a profile, a Dockerfile fragment or another input is wrong: 2.
    Usage,
    /// The engine cannot be reached, or cannot do what the plan needs: 3.
    Engine,
    /// `dynbuild`: a registry refused, lacks what was asked for, or cannot be reached: 4.
    Registry,
    /// Interrupted by the user: 130, as shells report SIGINT.
    Cancelled,
    /// `dynrun`: the request or the engine failed before the container ran: 125, as docker.
    Run,
    /// `dynrun`: the code of the container, or one that docker defines (126, 127, 128+n after a
    /// signal to the container or to us).
    Container(u8),
    /// `dynrun wait`: the container ended before it was ready: 4.
    Ended,
    /// `dynrun wait`: the server answered, but wrongly: 5.
    WrongAnswer,
    /// `dynrun wait`: not ready in time: 124, as timeout(1).
    TimedOut,
}

impl Exit {
    /// Returns what `dynbuild` ends with for a problem.
    pub(super) const fn of_dynbuild(kind: ProblemKind) -> Self {
        match kind {
            ProblemKind::Usage => Self::Usage,
            ProblemKind::Engine => Self::Engine,
            ProblemKind::Registry => Self::Registry,
            ProblemKind::Step | ProblemKind::ProgramMissing | ProblemKind::ProgramRefused => {
                Self::StepFailed
            }
            ProblemKind::Cancelled | ProblemKind::Signal(_) => Self::Cancelled,
        }
    }

    /// Returns what `dynrun` ends with for a problem, as docker does.
    pub(super) const fn of_dynrun(kind: ProblemKind) -> Self {
        match kind {
            ProblemKind::ProgramMissing => Self::Container(127),
            ProblemKind::ProgramRefused => Self::Container(126),
            ProblemKind::Cancelled => Self::Cancelled,
            ProblemKind::Signal(number) => Self::Container(number.saturating_add(128)),
            ProblemKind::Usage
            | ProblemKind::Engine
            | ProblemKind::Registry
            | ProblemKind::Step => Self::Run,
        }
    }

    /// Returns the number that the process ends with.
    pub const fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::StepFailed => 1,
            Self::Usage => 2,
            Self::Engine => 3,
            Self::Registry | Self::Ended => 4,
            Self::WrongAnswer => 5,
            Self::TimedOut => 124,
            Self::Run => 125,
            Self::Cancelled => 130,
            Self::Container(code) => code,
        }
    }
}

impl From<&Readiness> for Exit {
    fn from(readiness: &Readiness) -> Self {
        match readiness {
            Readiness::Ready => Self::Done,
            Readiness::TimedOut { .. } => Self::TimedOut,
            Readiness::Ended { .. } => Self::Ended,
            Readiness::Wrong { .. } | Readiness::Never { .. } => Self::WrongAnswer,
        }
    }
}

impl From<Caught> for Exit {
    fn from(caught: Caught) -> Self {
        Self::of_dynrun(caught.means())
    }
}

impl From<End> for Exit {
    fn from(end: End) -> Self {
        match end {
            End::Ended(status) => status.map_or(Self::Run, Self::Container),
            End::Detached => Self::Done,
            End::Left(caught) => caught.into(),
        }
    }
}

impl From<Ended> for Exit {
    fn from(ended: Ended) -> Self {
        match ended {
            Ended::Stopped => Self::Done,
            Ended::Refused => Self::Run,
            Ended::Failed => Self::Ended,
            Ended::Broken => Self::WrongAnswer,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use test_case::test_case;

    #[test_case(ProblemKind::Usage => (2, 125))]
    #[test_case(ProblemKind::Step => (1, 125))]
    #[test_case(ProblemKind::Engine => (3, 125))]
    #[test_case(ProblemKind::Registry => (4, 125))]
    #[test_case(ProblemKind::ProgramMissing => (1, 127))]
    #[test_case(ProblemKind::ProgramRefused => (1, 126))]
    #[test_case(ProblemKind::Cancelled => (130, 130))]
    #[test_case(ProblemKind::Signal(15) => (130, 143); "terminated")]
    #[test_case(ProblemKind::Signal(13) => (130, 141); "nobody reads")]
    fn each_kind_has_a_code_in_both_programs(kind: ProblemKind) -> (u8, u8) {
        (Exit::of_dynbuild(kind).code(), Exit::of_dynrun(kind).code())
    }
}
