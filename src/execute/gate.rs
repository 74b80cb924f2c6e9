//! A point that builds pass together or not at all.

use tokio::sync::{SemaphorePermit, watch};
use tokio_util::sync::CancellationToken;

/// Opens when everybody who is expected has arrived. It stays closed if somebody fails: for those
/// who go on with their own work until then, so that what they have done is in the cache.
#[derive(Debug)]
pub(super) struct Gate(watch::Sender<Count>);

#[derive(Clone, Copy, Debug)]
struct Count {
    missing: usize,
    failed: usize,
}

/// Why nobody passes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NeverOpened {
    /// The run was cancelled before everybody had arrived.
    Cancelled,
    /// Somebody who was expected has failed.
    Failed,
}

impl Gate {
    /// Makes a gate for a number of builds.
    pub(super) fn new(expected: usize) -> Self {
        Self(watch::Sender::new(Count {
            missing: expected,
            failed: 0,
        }))
    }

    /// Arrives.
    pub(super) fn arrive(&self) {
        self.0
            .send_modify(|count| count.missing = count.missing.saturating_sub(1));
    }

    /// Says that a build which has not arrived never will.
    pub(super) fn fail(&self) {
        self.0.send_modify(|count| {
            count.missing = count.missing.saturating_sub(1);
            count.failed += 1;
        });
    }

    /// Waits for all others.
    pub(super) async fn pass(&self, cancel: &CancellationToken) -> Result<(), NeverOpened> {
        let mut count = self.0.subscribe();
        let complete = count.wait_for(|count| count.missing == 0);
        match cancel.run_until_cancelled(complete).await {
            Some(Ok(count)) if count.failed == 0 => Ok(()),
            Some(Ok(_)) => Err(NeverOpened::Failed),
            Some(Err(_)) | None => Err(NeverOpened::Cancelled),
        }
    }
}

/// A build on its way to the gate.
pub(super) struct Arrival<'g> {
    pub(super) gate: Option<&'g Gate>,
    pub(super) permit: Option<SemaphorePermit<'g>>,
    pub(super) has_arrived: bool,
}

impl Arrival<'_> {
    pub(super) fn arrive(&mut self) {
        // Whoever waits for others does not keep them from being solved.
        self.permit = None;
        if !std::mem::replace(&mut self.has_arrived, true)
            && let Some(gate) = self.gate
        {
            gate.arrive();
        }
    }

    pub(super) fn fail(&mut self) {
        if !std::mem::replace(&mut self.has_arrived, true)
            && let Some(gate) = self.gate
        {
            gate.fail();
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::future::join_all;

    use super::*;

    async fn come(gate: &Gate, cancel: &CancellationToken) -> Result<(), NeverOpened> {
        gate.arrive();
        gate.pass(cancel).await
    }

    #[tokio::test]
    async fn opens_for_all_at_once() {
        let (gate, cancel) = (Gate::new(3), CancellationToken::new());
        let passed = join_all((0..3).map(|_| come(&gate, &cancel))).await;
        assert_eq!(passed, [Ok(()); 3]);
    }

    #[tokio::test]
    async fn stays_closed_when_the_run_is_cancelled() {
        let (gate, cancel) = (Gate::new(2), CancellationToken::new());
        let give_up = async { cancel.cancel() };
        let (passed, ()) = tokio::join!(come(&gate, &cancel), give_up);
        assert_eq!(passed, Err(NeverOpened::Cancelled));
    }

    #[tokio::test]
    async fn stays_closed_when_one_fails_and_the_others_go_on() {
        let (gate, cancel) = (Gate::new(2), CancellationToken::new());
        let fail = async { gate.fail() };
        let (passed, ()) = tokio::join!(come(&gate, &cancel), fail);
        assert_eq!(passed, Err(NeverOpened::Failed));
    }
}
