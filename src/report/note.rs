//! Notes and warnings that belong to no step.

use super::reporter::Page;
use crate::execute::event::{Event, NoteLevel};
use crate::text::{Look, Tone, clean_line, fold, width};

/// Shows an event if it is a note, and matters at least as much.
pub(super) fn note(event: &Event, least: NoteLevel, look: Look) -> Page {
    match event {
        Event::Note {
            level,
            target,
            message,
        } if *level >= least => Page::talk(render_note(*level, target.as_deref(), message, look)),
        Event::Note { .. }
        | Event::Progress { .. }
        | Event::TargetStarted { .. }
        | Event::TargetFinished { .. } => Page::default(),
    }
}

/// Returns for example `warning: runtime: The tag is not valid`.
pub(super) fn render_note(
    level: NoteLevel,
    target: Option<&str>,
    message: &str,
    look: Look,
) -> String {
    let word = match level {
        NoteLevel::Info => look.paint(Tone::Note, "note"),
        NoteLevel::Warning => look.paint(Tone::Warning, "warning"),
    };
    let about = target.map(|target| format!("{target}: "));
    let message = about.unwrap_or_default() + &clean_line(message);
    under(&word, &message, look)
}

/// Returns `head: text` in lines that fit the screen, the text in a block of its own.
pub(super) fn under(head: &str, text: &str, look: Look) -> String {
    let indent = width(head) + 2;
    let room = look
        .width
        .map(|width| width.saturating_sub(indent + 1).max(20));
    let lines = fold(text, room);
    format!("{head}: {}\n", lines.join(&format!("\n{:indent$}", "")))
}
