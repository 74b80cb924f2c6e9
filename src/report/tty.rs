//! A tree of the running steps that changes in place.

use std::time::Duration;

use super::failure::render_failures;
use super::frame::Frame;
use super::reporter::{Page, Reporter, View};
use super::stage_line::finished_stages;
use super::state::BuildState;
use super::summary::Summary;
use crate::build::event::{Event, NoteLevel};
use crate::text::Tone;

/// A build that is over sooner shows only its result: a tree that flashes by tells nothing.
const PATIENCE: Duration = Duration::from_millis(250);

/// Shows the running steps with the end of their output, and folds what is done.
#[derive(Default)]
pub(super) struct Tty {
    state: BuildState,
}

impl Reporter for Tty {
    fn event(&mut self, event: &Event, now: Duration, view: View) -> Page {
        self.state.update(event, now);
        match event {
            Event::Note {
                level,
                target,
                message,
            } => {
                let (tone, word) = match level {
                    NoteLevel::Info => (Tone::Note, "note"),
                    NoteLevel::Warning => (Tone::Warning, "warning"),
                };
                let about = target
                    .as_ref()
                    .map(|target| format!("{target}: "))
                    .unwrap_or_default();
                Page::talk(format!(
                    "{}: {about}{message}\n",
                    view.look.paint(tone, word)
                ))
            }
            Event::Progress(_) | Event::TargetStarted { .. } | Event::TargetFinished { .. } => {
                Page::default()
            }
        }
    }

    fn live(&self, now: Duration, view: View) -> Vec<String> {
        if now < PATIENCE {
            return Vec::new();
        }
        Frame::of(&self.state, now, view.look).lines(view.rows)
    }

    fn finish(&mut self, now: Duration, view: View) -> Page {
        let stages = finished_stages(&self.state, view.look);
        let summary = Summary::of(&self.state, now).render(view.look);
        // Failures come last, so that the error which the caller shows next is right below.
        Page::talk(stages + &summary + &render_failures(&self.state, view.look))
    }
}
