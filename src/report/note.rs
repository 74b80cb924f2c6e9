//! Notes and warnings that belong to no step.

use crate::execute::event::NoteLevel;
use crate::text::{Look, Tone, clean_line};

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
    let message = clean_line(message);
    format!("{word}: {}{message}\n", about.unwrap_or_default())
}
