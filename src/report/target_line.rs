//! How a target ended, in one line.

use super::state::Target;
use crate::diagnosis::without_command;
use crate::execute::event::{BuiltTarget, TargetOutcome};
use crate::text::{Look, Tone, clean_line, human_duration};

/// Returns for example `target runtime: built in 12.3s, 1.20 GB, dynamo:runtime`.
pub(super) fn render_target(target: &Target, look: Look) -> String {
    let name = look.paint(Tone::Strong, &target.name);
    let time = human_duration(target.duration());
    let end = match target.outcome() {
        None => "started".to_owned(),
        Some(TargetOutcome::Built(built)) => format!("built in {time}{}", render_built(built)),
        Some(TargetOutcome::Failed { error, vertex: _ }) => {
            let reason = clean_line(without_command(error));
            format!("failed after {time}: {reason}")
        }
        Some(TargetOutcome::Withheld) => format!("built in {time}, not published"),
        Some(TargetOutcome::Cancelled) => format!("cancelled after {time}"),
    };
    format!("target {name}: {end}")
}

fn render_built(built: &BuiltTarget) -> String {
    let name = built.tags.first().cloned();
    let name = name.or_else(|| built.identity().map(ToString::to_string));
    let facts = built.shown_size().into_iter().chain(name);
    facts.map(|fact| ", ".to_owned() + &fact).collect()
}
