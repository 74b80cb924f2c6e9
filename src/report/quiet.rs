//! Nothing but the results.

use std::time::Duration;

use super::failure::render_failures;
use super::reporter::{Page, Reporter, View};
use super::state::BuildState;
use crate::build::event::{Event, NoteLevel, TargetOutcome};
use crate::text::Tone;

/// Writes the digest of each target to stdout, one per line in the order in which they began, and
/// otherwise speaks up only when something is wrong.
#[derive(Default)]
pub(super) struct Quiet {
    state: BuildState,
}

impl Reporter for Quiet {
    fn event(&mut self, event: &Event, now: Duration, view: View) -> Page {
        self.state.update(event, now);
        match event {
            Event::Note {
                level: NoteLevel::Warning,
                message,
                ..
            } => {
                let word = view.look.paint(Tone::Warning, "warning");
                Page::talk(format!("{word}: {message}\n"))
            }
            Event::Note {
                level: NoteLevel::Info,
                ..
            }
            | Event::Progress(_)
            | Event::TargetStarted { .. }
            | Event::TargetFinished { .. } => Page::default(),
        }
    }

    fn finish(&mut self, _: Duration, view: View) -> Page {
        let outcomes = self
            .state
            .targets()
            .iter()
            .filter_map(|target| target.finished.as_ref());
        let digests = outcomes.filter_map(|(_, outcome)| match outcome {
            TargetOutcome::Built(built) => built.digest.as_ref().or(built.image_id.as_ref()),
            TargetOutcome::Failed { .. } | TargetOutcome::Cancelled => None,
        });
        Page {
            stdout: digests.map(|digest| digest.to_string() + "\n").collect(),
            stderr: render_failures(&self.state, view.look),
        }
    }
}
