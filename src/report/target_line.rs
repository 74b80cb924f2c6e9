//! How a target ended, in one line.

use super::state::Target;
use crate::diagnosis::without_command;
use crate::execute::event::{BuiltTarget, TargetOutcome};
use crate::text::{Look, Tone, clean_line, human_duration};

/// Returns for example `target runtime: built in 12.3s, 1.20 GB, dynamo:runtime`.
pub(super) fn render_target(target: &Target, look: Look) -> String {
    let name = look.paint(Tone::Strong, &target.name);
    let end = match &target.finished {
        None => "started".to_owned(),
        Some((end, outcome)) => {
            let time = human_duration(end.saturating_sub(target.started));
            match outcome {
                TargetOutcome::Built(built) => format!("built in {time}{}", render_built(built)),
                TargetOutcome::Failed { error, vertex: _ } => {
                    let reason = clean_line(without_command(error));
                    format!("failed after {time}: {reason}")
                }
                TargetOutcome::Withheld => format!("built in {time}, not published"),
                TargetOutcome::Cancelled => format!("cancelled after {time}"),
            }
        }
    };
    format!("target {name}: {end}")
}

fn render_built(built: &BuiltTarget) -> String {
    let BuiltTarget {
        digest,
        image_id,
        tags,
        pushed: _,
        size: _,
        size_of: _,
    } = built;
    let size = built.shown_size();
    let name = tags.first().cloned();
    let fallback = digest
        .as_ref()
        .or(image_id.as_ref())
        .map(ToString::to_string);
    let facts = size.into_iter().chain(name.or(fallback));
    facts.map(|fact| ", ".to_owned() + &fact).collect()
}
