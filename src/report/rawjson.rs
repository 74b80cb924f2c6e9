//! Events for machines: one JSON value per line.

use serde::Serialize;

use super::reporter::{Moment, Page, Reporter};
use crate::execute::event::Event;
use crate::text::escape_json;

/// Writes every message of the engine as `docker buildx build --progress=rawjson` does, so that
/// tools made for that can read it, and our own events as `{"dynbuild":…}`.
pub(super) struct RawJson;

/// An event that is not the engine's.
#[derive(Serialize)]
struct Own<'a> {
    dynbuild: &'a Event,
}

impl Reporter for RawJson {
    fn event(&mut self, event: &Event, _: Moment<'_>) -> Page {
        match event {
            Event::Progress { status, .. } if status.is_empty() => Page::default(),
            Event::Progress { status, .. } => json_line(status),
            Event::TargetStarted { .. } | Event::TargetFinished { .. } | Event::Note { .. } => {
                json_line(&Own { dynbuild: event })
            }
        }
    }

    fn finish(&mut self, _: Moment<'_>) -> Page {
        Page::default()
    }
}

fn json_line(value: &impl Serialize) -> Page {
    // Strings, numbers and lists only: there is no value of these types that JSON cannot hold.
    let json = serde_json::to_string(value).unwrap_or_default();
    Page::talk(escape_json(&json).into_owned() + "\n")
}
