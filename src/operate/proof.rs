//! The proof that a deployment serves: a completion with tokens through every worker.

use std::collections::BTreeSet;
use std::time::Duration;

use tokio::time::sleep;

use super::frontend::Frontend;

/// Requests until every worker has answered, at most; routers that choose at random need some more
/// than there are workers.
const ATTEMPTS_PER_WORKER: usize = 10;

/// Between two requests of which one failed.
const PAUSE: Duration = Duration::from_millis(200);

/// Failed requests that are put up with: a worker takes requests a little after it is listed. The
/// proof is tried again with the next count, so few are enough, and their reason is known early.
const FAILURES: usize = 8;

/// Which workers have to answer.
#[derive(Clone, Debug, Default)]
pub(crate) struct Expected {
    pub(crate) ids: BTreeSet<u64>,
    /// Whether prefill and decode are different workers.
    pub(crate) disaggregated: bool,
    /// Whether the router sends a request where it asks for.
    pub(crate) pins: bool,
}

/// Why there is no proof.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Unproven {
    /// Decode served requests alone.
    DisaggregationOff,
    /// These workers answered none of many requests.
    Silent(BTreeSet<u64>),
    /// Requests failed.
    Failed(String),
}

/// Asks until every expected worker has answered.
pub(crate) async fn prove(frontend: &Frontend, expected: &Expected) -> Result<(), Unproven> {
    let mut missing = expected.ids.clone();
    let attempts = missing.len() * ATTEMPTS_PER_WORKER + FAILURES;
    let (mut failures, mut last) = (0, String::new());
    for number in 0..attempts {
        let pinned = missing
            .first()
            .copied()
            .filter(|_| expected.pins && !expected.disaggregated);
        match frontend.complete(number, pinned).await {
            Ok(served) if expected.disaggregated && served.prefill == served.decode => {
                return Err(Unproven::DisaggregationOff);
            }
            Ok(served) => {
                missing.remove(&served.prefill);
                missing.remove(&served.decode);
            }
            Err(why) => {
                failures += 1;
                if last.is_empty() || !is_avoidance(&why) {
                    last = why;
                }
                sleep(PAUSE).await;
            }
        }
        if missing.is_empty() {
            return Ok(());
        }
        if failures > FAILURES {
            return Err(Unproven::Failed(last));
        }
    }
    Err(Unproven::Silent(missing))
}

/// Whether the frontend only avoids a worker that has failed: it says less than the failure.
pub(super) fn is_avoidance(failure: &str) -> bool {
    failure.contains(": 503 ")
}
