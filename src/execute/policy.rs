//! How the builds of a plan run together.

use std::num::NonZeroUsize;

/// Memory that a target which is being solved should have, in bytes. Compilers and the tools that
/// unpack gigabytes of wheels need it.
const MEMORY_PER_TARGET: u64 = 4 << 30;

/// What was asked for about the run of several builds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    /// How many targets are solved at a time; the engine's cores and memory decide if not set.
    pub jobs: Option<NonZeroUsize>,
    /// Whether the other targets are solved to the end when one fails.
    pub keep_going: bool,
    /// When names move.
    pub publish: Publish,
    /// How often what failed for a passing reason is tried again.
    pub retries: u32,
}

/// When names move to new images.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Publish {
    /// When everything is solved, checked and uploaded: all or none.
    #[default]
    Whole,
    /// Each target's as soon as it is solved.
    Each,
}

/// What a machine that builds has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Machine {
    /// Its cores, 0 if that is not known.
    pub(super) cores: u64,
    /// Its memory in bytes, 0 if that is not known.
    pub(super) memory: u64,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            jobs: None,
            keep_going: false,
            publish: Publish::default(),
            retries: 2,
        }
    }
}

impl Policy {
    /// Returns how many targets are solved at a time.
    pub(super) fn jobs_on(&self, machine: Machine) -> usize {
        if let Some(jobs) = self.jobs {
            return jobs.get();
        }
        let Machine { cores, memory } = machine;
        if cores == 0 || memory == 0 {
            return tokio::sync::Semaphore::MAX_PERMITS;
        }
        let jobs = cores.min(memory / MEMORY_PER_TARGET).max(1);
        usize::try_from(jobs).unwrap_or(usize::MAX)
    }
}

#[cfg(test)]
mod tests {
    use test_case::test_case;

    use super::*;

    #[test_case(2, 8, None => 2)]
    #[test_case(64, 16, None => 4; "memory is short")]
    #[test_case(1, 1, None => 1; "one in any case")]
    #[test_case(64, 16, NonZeroUsize::new(9) => 9; "asked for")]
    fn jobs_of_a_machine(cores: u64, gib: u64, jobs: Option<NonZeroUsize>) -> usize {
        let policy = Policy {
            jobs,
            ..Policy::default()
        };
        policy.jobs_on(Machine {
            cores,
            memory: gib << 30,
        })
    }

    #[test]
    fn nothing_is_limited_by_what_is_not_known() {
        assert!(Policy::default().jobs_on(Machine::default()) > 1000);
    }
}
