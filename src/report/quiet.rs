//! Nothing but the results.

use super::failure::render_failures;
use super::note::note;
use super::reporter::{Moment, Page, Reporter};
use super::state::Target;
use crate::execute::event::{BuiltTarget, Event, NoteLevel};

/// Writes the digest of each target to stdout, one per line in the order in which they began, and
/// otherwise speaks up only when something is wrong.
pub(super) struct Quiet {
    /// Whether the digests are wanted.
    pub(super) digests: bool,
}

impl Reporter for Quiet {
    fn event(&mut self, event: &Event, moment: Moment<'_>) -> Page {
        note(event, NoteLevel::Warning, moment.view.look)
    }

    fn finish(&mut self, moment: Moment<'_>) -> Page {
        let built = moment.state.targets().iter().filter_map(Target::built);
        let digests = built.filter_map(BuiltTarget::identity);
        Page {
            stdout: digests
                .filter(|_| self.digests)
                .map(|digest| digest.to_string() + "\n")
                .collect(),
            stderr: render_failures(moment.state, moment.view.look),
        }
    }
}
