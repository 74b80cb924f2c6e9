//! Launches as they are shown: without values that look like secrets.

use super::decision::Launch;
use super::flag::Flag;
use super::note::Note;
use crate::docker::run_flags::Given;
use crate::redact::{is_secret, shown_assignment, shown_command};

/// Returns a launch for showing, and what to say about it. A line takes variables from the
/// environment, as `docker run -e NAME` does; other values are masked.
pub fn masked(launch: &Launch) -> (Launch, Option<Note>) {
    let mut shown = launch.clone();
    for flag in &mut shown.flags {
        mask_flag(flag);
    }
    shown.chosen.command = shown_command(&shown.chosen.command);
    let mut variables = launch.spec.process.env.iter();
    let is_hidden = shown.flags != launch.flags
        || shown.chosen != launch.chosen
        || variables.any(|variable| is_secret(variable.name(), variable.value().unwrap_or("")));
    (shown, is_hidden.then(|| Note::new(HIDDEN)))
}

const HIDDEN: &str = "Values that look like secrets are not shown: the line takes variables from the \
     environment, and has `****` for everything else";

fn mask_flag(flag: &mut Flag) {
    let Given::Value(text) = &mut flag.given else {
        return;
    };
    let masked = shown_assignment(text);
    if masked == *text {
        return;
    }
    *text = match text.split_once('=') {
        Some((name, _)) if flag.name == "env" => name.to_owned(),
        _ => masked.into_owned(),
    };
}
