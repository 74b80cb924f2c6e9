//! What failed for a passing reason is tried again: the network, a registry that is busy, a session
//! that was lost. What a step says, a compile error above all, is final.

use std::time::Duration;

use crate::buildkit::SolveError;
use crate::engine::EngineError;
use crate::registry::{RegistryError, Trouble};

/// The first delay; each further one is twice as long.
const FIRST_DELAY: Duration = Duration::from_secs(1);

/// The longest delay, also if a registry wants a longer one.
const LONGEST_DELAY: Duration = Duration::from_secs(60);

/// What clients of registries, and engines, say when the same may succeed a little later (Go's words,
/// in lower case). Engines lose a snapshot that two builds share when one of them ends early
/// (moby/buildkit#6808, #6521), and of two that give an image one name at once, the later one fails.
const PASSING: [&str; 18] = [
    "429 too many requests",
    "toomanyrequests",
    "500 internal server error",
    "502 bad gateway",
    "503 service unavailable",
    "504 gateway timeout",
    "unexpected status code 500",
    "connection reset by peer",
    "connection refused",
    "broken pipe",
    "i/o timeout",
    "tls handshake timeout",
    "unexpected eof",
    ": eof",
    "server misbehaving",
    "temporary failure in name resolution",
    "does not exist: not found",
    "\": already exists",
];

/// Why something may be tried again, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Passing {
    pub(super) reason: String,
    after: Option<Duration>,
}

impl Passing {
    /// Returns how long to wait before the attempt with this number, from 1.
    pub(super) fn delay(&self, attempt: u32) -> Duration {
        let growing = FIRST_DELAY.saturating_mul(2_u32.saturating_pow(attempt.saturating_sub(1)));
        self.after.unwrap_or(growing).min(LONGEST_DELAY)
    }

    /// Looks at the end of a build. A step that ended with an exit code has had its say.
    pub(super) fn of_solve(error: &SolveError) -> Option<Self> {
        match error {
            SolveError::Failed(failure) if failure.exit_code.is_none() => {
                Self::of_words(&failure.message)
            }
            SolveError::Lost(_) => Some(Self {
                reason: "The connection to the engine was lost".to_owned(),
                after: None,
            }),
            SolveError::Failed(_)
            | SolveError::Unsupported(_)
            | SolveError::Cancelled
            | SolveError::Layout(_) => None,
        }
    }

    /// Looks at what an engine says of a push.
    pub(super) fn of_engine(error: &EngineError) -> Option<Self> {
        match error {
            EngineError::Failed { message, .. } | EngineError::Refused { message, .. } => {
                Self::of_words(message)
            }
            EngineError::Request { .. } => Some(Self {
                reason: error.to_string(),
                after: None,
            }),
            EngineError::Connect(_) | EngineError::TooOld { .. } | EngineError::TimedOut { .. } => {
                None
            }
        }
    }

    /// Looks at a registry's answer.
    pub(super) fn of_registry(error: &RegistryError) -> Option<Self> {
        Trouble::of(error).is_transient().then(|| Self {
            reason: error.to_string(),
            after: error.retry_after(),
        })
    }

    fn of_words(message: &str) -> Option<Self> {
        let lower = message.to_lowercase();
        let is_passing = PASSING
            .iter()
            .any(|words| lower.contains(words) || (lower == "eof" && *words == ": eof"));
        is_passing.then(|| Self {
            reason: message.to_owned(),
            after: None,
        })
    }
}

#[cfg(test)]
mod tests {
    use test_case::test_case;

    use super::*;

    #[test_case("failed to push r:5000/x:1: unexpected status from PUT request to http://r:5000/v2/x/manifests/1: 503 Service Unavailable" => true)]
    #[test_case("failed to copy: httpReadSeeker: failed open: unexpected status code https://r/v2/x/blobs/sha256:ab: 429 Too Many Requests" => true)]
    #[test_case("failed to do request: Head \"http://127.0.0.1:1/v2/\": dial tcp 127.0.0.1:1: connect: connection refused" => true)]
    #[test_case("failed to do request: Get \"http://r/v2/\": EOF" => true)]
    #[test_case("failed to commit a to b during finalize: failed to stat active key during commit: snapshot a does not exist: not found" => true)]
    #[test_case("failed to prepare extraction snapshot \"extract-1 sha256:ab\": parent snapshot sha256:cd does not exist: not found" => true)]
    #[test_case("image \"docker.io/library/a:1\": already exists" => true)]
    #[test_case("failed to create: file already exists" => false)]
    #[test_case("failed to resolve source metadata for r/x:1: r/x:1: not found" => false)]
    #[test_case("failed to authorize: 401 Unauthorized" => false)]
    #[test_case("x509: certificate signed by unknown authority" => false)]
    fn what_passes(message: &str) -> bool {
        Passing::of_words(message).is_some()
    }

    #[test]
    fn delays_grow_unless_the_registry_says() {
        let passing = |after| Passing {
            reason: String::new(),
            after,
        };
        let seconds = |after: Option<u64>, attempt| {
            let passing = passing(after.map(Duration::from_secs));
            passing.delay(attempt).as_secs()
        };
        assert_eq!([1, 2, 3].map(|attempt| seconds(None, attempt)), [1, 2, 4]);
        assert_eq!(seconds(Some(7), 1), 7);
        assert_eq!(seconds(Some(3600), 1), 60);
    }
}
