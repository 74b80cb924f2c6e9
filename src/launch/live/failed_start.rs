//! Why a created container does not run.

use super::ending;
use super::signals::Caught;
use crate::diagnosis::{Evidence, Setting, diagnose};
use crate::docker::ulimit::UlimitName;
use crate::engine::EngineError;
use crate::launch::decision::Launch;
use crate::problem::{Problem, ProblemKind};

/// Why a created container does not run.
pub(super) enum Failed {
    /// The engine may not set this limit.
    Limit(UlimitName),
    /// The engine could not start it.
    Start(EngineError),
    /// A signal came first.
    Interrupted(Caught),
    /// Anything before that.
    Before(Problem),
}

impl From<EngineError> for Failed {
    fn from(error: EngineError) -> Self {
        Self::Before(error.into())
    }
}

impl From<Problem> for Failed {
    fn from(problem: Problem) -> Self {
        Self::Before(problem)
    }
}

impl Failed {
    pub(super) fn start(error: EngineError) -> Self {
        match refused_limit(&error.to_string()) {
            Some(name) => Self::Limit(name),
            None => Self::Start(error),
        }
    }

    pub(super) fn problem(self, launch: &Launch) -> Problem {
        let error = match self {
            Self::Before(problem) => return problem,
            Self::Interrupted(caught) => return Problem::new(caught.means(), "Interrupted"),
            Self::Limit(name) => {
                let message = format!("The engine cannot set `--ulimit {name}` as asked");
                return Problem::new(ProblemKind::Usage, message)
                    .hint("Take what is possible: `--ulimit-policy clamp`");
            }
            Self::Start(error) => error,
        };
        let mut problem = Problem::from_error(ending::kind_of_failed_start(&error), &error);
        let evidence = Evidence {
            image: launch.spec.image.clone(),
            ..Evidence::new(Setting::Engine, error.to_string())
        };
        if let Some(diagnosis) = diagnose(&evidence) {
            diagnosis.explain(&mut problem);
        }
        problem
    }
}

/// Reads the limit out of runc's `error setting rlimit type 7`; the numbers are Linux's.
fn refused_limit(message: &str) -> Option<UlimitName> {
    const BY_NUMBER: [Option<UlimitName>; 16] = [
        Some(UlimitName::Cpu),
        Some(UlimitName::Fsize),
        Some(UlimitName::Data),
        Some(UlimitName::Stack),
        Some(UlimitName::Core),
        Some(UlimitName::Rss),
        Some(UlimitName::Nproc),
        Some(UlimitName::Nofile),
        Some(UlimitName::Memlock),
        None, // the address space, which docker has no name for
        Some(UlimitName::Locks),
        Some(UlimitName::Sigpending),
        Some(UlimitName::Msgqueue),
        Some(UlimitName::Nice),
        Some(UlimitName::Rtprio),
        Some(UlimitName::Rttime),
    ];
    let (_, rest) = message.split_once("error setting rlimit type ")?;
    let digits = rest.split(|c: char| !c.is_ascii_digit()).next()?;
    let number: usize = digits.parse().ok()?;
    *BY_NUMBER.get(number)?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runcs_numbers_are_limits() {
        let message = "error setting rlimits for ready process: error setting rlimit type 8: operation not permitted";
        assert_eq!(refused_limit(message), Some(UlimitName::Memlock));
        assert_eq!(refused_limit("error setting rlimit type 99"), None);
        assert_eq!(refused_limit("something else"), None);
    }
}
