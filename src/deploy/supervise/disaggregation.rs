//! Whether prefill takes part. Dynamo may go on with decode alone after all prefill was away, and only
//! new frontends change that.

use std::time::Duration;

use super::member::Part;
use super::replica::Replica;
use super::replicas::Replicas;

/// Frontends are not restarted more often than this to turn disaggregation on.
const FRONTEND_REST: Duration = Duration::from_secs(120);

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Disaggregation {
    /// Whether there was prefill, and then none.
    prefill_lost: bool,
    frontends_restarted: Option<Duration>,
}

impl Disaggregation {
    /// Notes whether prefill is left.
    pub(super) fn look(&mut self, replicas: &Replicas) {
        let mut prefills = replicas.of_part(Part::Prefill).peekable();
        if prefills.peek().is_some() && !prefills.any(Replica::is_ready) {
            self.prefill_lost = true;
        }
    }

    /// Returns whether a replica that is ready brings prefill back, for the first time since.
    pub(super) fn is_back_with(&mut self, part: Part) -> bool {
        part == Part::Prefill && std::mem::take(&mut self.prefill_lost)
    }

    /// Returns whether frontends may be restarted now, which counts as done.
    pub(super) fn may_restart_frontends(&mut self, now: Duration) -> bool {
        let last = self.frontends_restarted;
        let is_rested = last.is_none_or(|last| now.saturating_sub(last) >= FRONTEND_REST);
        if is_rested {
            self.frontends_restarted = Some(now);
        }
        is_rested
    }
}
