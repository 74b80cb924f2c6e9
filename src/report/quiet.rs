//! Nothing but the results.

use super::failure::render_failures;
use super::note::render_note;
use super::reporter::{Moment, Page, Reporter};
use crate::execute::event::{Event, NoteLevel, TargetOutcome};

/// Writes the digest of each target to stdout, one per line in the order in which they began, and
/// otherwise speaks up only when something is wrong.
pub(super) struct Quiet {
    /// Whether the digests are wanted.
    pub(super) digests: bool,
}

impl Reporter for Quiet {
    fn event(&mut self, event: &Event, moment: Moment<'_>) -> Page {
        match event {
            Event::Note {
                level: level @ NoteLevel::Warning,
                target,
                message,
            } => Page::talk(render_note(
                *level,
                target.as_deref(),
                message,
                moment.view.look,
            )),
            Event::Note {
                level: NoteLevel::Info,
                ..
            }
            | Event::Progress { .. }
            | Event::TargetStarted { .. }
            | Event::TargetFinished { .. } => Page::default(),
        }
    }

    fn finish(&mut self, moment: Moment<'_>) -> Page {
        let outcomes = moment
            .state
            .targets()
            .iter()
            .filter_map(|target| target.finished.as_ref());
        let digests = outcomes.filter_map(|(_, outcome)| match outcome {
            TargetOutcome::Built(built) => built.digest.as_ref().or(built.image_id.as_ref()),
            TargetOutcome::Failed { .. } | TargetOutcome::Withheld | TargetOutcome::Cancelled => {
                None
            }
        });
        Page {
            stdout: digests
                .filter(|_| self.digests)
                .map(|digest| digest.to_string() + "\n")
                .collect(),
            stderr: render_failures(moment.state, moment.view.look),
        }
    }
}
