//! The last words of steps that failed.

use super::note::render_note;
use super::state::BuildState;
use super::step::Step;
use super::title::one_line;
use crate::execute::event::NoteLevel;
use crate::text::{Look, Mark, Tone, fit, human_duration};

/// How many of the last lines of a failed step are shown again.
pub(super) const SHOWN_LINES: usize = 20;

/// Returns the failed steps, each with its last output. The reasons are not here: they are in the
/// problem that the caller shows right below.
pub(super) fn render_failures(state: &BuildState, look: Look) -> String {
    if state.is_built() {
        let failed = state.failed();
        return failed.map(|step| render_forgiven(step, look)).collect();
    }
    let blocks: Vec<_> = state
        .failed()
        .map(|step| render_failure(step, look))
        .collect();
    blocks.join("\n")
}

/// Some steps may fail, such as the import of a cache that nobody has written yet.
fn render_forgiven(step: &Step, look: Look) -> String {
    let reason = step.error().unwrap_or_default();
    let message = format!("The build went on without \"{}\": {reason}", step.name);
    render_note(NoteLevel::Warning, None, &message, look)
}

fn render_failure(step: &Step, look: Look) -> String {
    let mark = look.paint(Tone::Error, look.mark(Mark::Failed));
    let title = look.paint(Tone::Strong, &one_line(&step.name, look));
    let time = human_duration(step.duration());
    let bar = look.paint(Tone::Error, look.mark(Mark::Bar));
    let head = format!("{mark} failed after {time}: {title}");
    let tail = step
        .last_lines(SHOWN_LINES)
        .map(|line| format!("{bar} {line}"));
    std::iter::once(head)
        .chain(tail)
        .map(|line| {
            look.width
                .map_or_else(|| line.clone(), |columns| fit(&line, columns, look))
                + "\n"
        })
        .collect()
}
