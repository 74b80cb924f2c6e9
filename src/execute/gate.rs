//! A point that builds pass together or not at all.

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// Opens when everybody who is expected has arrived. Whoever gives up cancels the run instead,
/// which ends the wait of the others.
#[derive(Debug)]
pub(super) struct Gate {
    expected: usize,
    missing: watch::Sender<usize>,
}

/// The run was cancelled before everybody had arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NeverOpened;

impl Gate {
    /// Makes a gate for a number of builds.
    pub(super) fn new(expected: usize) -> Self {
        Self {
            expected,
            missing: watch::Sender::new(expected),
        }
    }

    /// Returns whether nobody would wait at it.
    pub(super) const fn is_for_one(&self) -> bool {
        self.expected <= 1
    }

    /// Arrives, and waits for all others.
    pub(super) async fn pass(&self, cancel: &CancellationToken) -> Result<(), NeverOpened> {
        self.missing
            .send_modify(|missing| *missing = missing.saturating_sub(1));
        let mut missing = self.missing.subscribe();
        let opened = missing.wait_for(|missing| *missing == 0);
        match cancel.run_until_cancelled(opened).await {
            Some(Ok(_)) => Ok(()),
            Some(Err(_)) | None => Err(NeverOpened),
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::future::join_all;

    use super::*;

    #[tokio::test]
    async fn opens_for_all_at_once() {
        let (gate, cancel) = (Gate::new(3), CancellationToken::new());
        let passed = join_all((0..3).map(|_| gate.pass(&cancel))).await;
        assert_eq!(passed, [Ok(()); 3]);
    }

    #[tokio::test]
    async fn stays_closed_when_one_gives_up() {
        let (gate, cancel) = (Gate::new(2), CancellationToken::new());
        let give_up = async { cancel.cancel() };
        let (passed, ()) = tokio::join!(gate.pass(&cancel), give_up);
        assert_eq!(passed, Err(NeverOpened));
    }
}
