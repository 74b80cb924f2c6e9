//! Exit codes of both programs. They are part of the interface: CI pipelines branch on them.

use std::process::ExitCode;

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

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}
