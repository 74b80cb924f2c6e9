//! A tree of the running steps that changes in place.

use std::time::Duration;

use super::failure::render_failures;
use super::frame::Frame;
use super::note::note;
use super::reporter::{Moment, Page, Reporter};
use super::stage_line::finished_stages;
use super::summary::Summary;
use crate::execute::event::{Event, NoteLevel};
use crate::text::Look;

/// A build that is over sooner shows only its result: a tree that flashes by tells nothing.
const PATIENCE: Duration = Duration::from_millis(250);

/// Shows the running steps with the end of their output, and folds what is done.
pub(super) struct Tty;

impl Reporter for Tty {
    fn event(&mut self, event: &Event, moment: Moment<'_>) -> Page {
        note(event, NoteLevel::Info, inside(moment.view.look))
    }

    fn live(&self, moment: Moment<'_>) -> Vec<String> {
        let Moment { state, now, view } = moment;
        if now < PATIENCE {
            return Vec::new();
        }
        Frame::of(state, now, view.look).lines(view.rows)
    }

    fn finish(&mut self, moment: Moment<'_>) -> Page {
        let Moment { state, view, .. } = moment;
        // What stops everything before it begins is no build.
        if state.targets().is_empty() {
            return Page::default();
        }
        let stages = finished_stages(state, view.look);
        let look = inside(view.look);
        let summary = Summary::of(state).render(look);
        // Failures come last, so that the error which the caller shows next is right below.
        Page::talk(stages + &summary + &render_failures(state, look))
    }
}

/// Leaves the last column empty: lines are erased behind what is written, and where that fills a
/// line, terminals erase its last character.
fn inside(look: Look) -> Look {
    Look {
        width: look.width.map(|width| width.saturating_sub(1)),
        ..look
    }
}
