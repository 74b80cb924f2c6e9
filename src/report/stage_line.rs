//! A stage in one line.

use super::layout::Layout;
use super::state::{BuildState, Counts, Group};
use super::step::Phase;
use super::title::brief;
use crate::text::{Look, Mark, Tone, counted};

/// Where a stage stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    Waiting,
    Running,
    Done,
    Failed,
}

impl Group<'_> {
    /// Returns where the stage stands. Between two of its steps it is running: one of them is done
    /// and another waits, perhaps for another stage.
    pub(super) fn standing(&self) -> Standing {
        let any = |phase| self.steps.iter().any(|step| step.phase() == phase);
        if any(Phase::Failed) {
            Standing::Failed
        } else if any(Phase::Running) {
            Standing::Running
        } else if any(Phase::Waiting) || any(Phase::Cancelled) {
            Standing::Waiting
        } else {
            Standing::Done
        }
    }
}

/// Returns a line for each stage that is done or failed.
pub(super) fn finished_stages(state: &BuildState, look: Look) -> String {
    let groups = state.groups();
    let layout = Layout::of(&groups, look);
    let over = groups
        .iter()
        .filter(|group| matches!(group.standing(), Standing::Done | Standing::Failed));
    over.map(|group| stage_line(group, layout, look) + "\n")
        .collect()
}

/// Returns a stage that is not running in one line: `✔ base   4 steps, 3 cached   0.2s`.
pub(super) fn stage_line(group: &Group<'_>, layout: Layout, look: Look) -> String {
    let duration = group.steps.iter().map(|step| step.duration()).sum();
    match group.standing() {
        Standing::Waiting | Standing::Running => {
            let text = look.paint(Tone::Faint, &format!("{}waiting", done_so_far(group)));
            layout.stage(Mark::Waiting, name(group), &text, None)
        }
        Standing::Done => layout.stage(Mark::Done, name(group), &tally(group), Some(duration)),
        Standing::Failed => {
            let mut steps = group.steps.iter();
            let failed = steps.find(|step| step.phase() == Phase::Failed);
            let text = failed.map(|step| brief(&step.title.to_string()));
            let text = text.unwrap_or_default();
            layout.stage(Mark::Failed, name(group), &text, Some(duration))
        }
    }
}

/// Returns the name of a stage; the only one of a Dockerfile has none.
pub(super) fn name<'a>(group: &'a Group<'_>) -> &'a str {
    if group.name.is_empty() {
        "steps"
    } else {
        &group.name
    }
}

fn tally(group: &Group<'_>) -> String {
    let Counts { run, cached } = Counts::of(group.steps.iter().copied());
    match (run, cached) {
        (0, 0) => "base image".to_owned(),
        (0, cached) => format!("{}, cached", counted(cached, "step")),
        (run, 0) => counted(run, "step"),
        (run, cached) => format!("{} steps, {cached} cached", run + cached),
    }
}

/// Returns `2 of 5 done, ` for a stage that waits in the middle.
fn done_so_far(group: &Group<'_>) -> String {
    let done = group
        .steps
        .iter()
        .filter(|step| matches!(step.phase(), Phase::Done | Phase::Cached))
        .count();
    match done {
        0 => String::new(),
        done => format!("{done} of {} done, ", group.steps.len()),
    }
}
