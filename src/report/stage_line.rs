//! A stage in one line.

use std::time::Duration;

use super::state::{BuildState, Counts, Group};
use super::step::{Phase, Step};
use crate::text::{Look, Mark, Tone, counted, fit, human_duration, width};

/// Longer names of stages push their text to the right.
const NAME_COLUMNS: usize = 16;

/// Where a line without a terminal has its time.
const USUAL_COLUMNS: usize = 80;

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
    let over = groups
        .iter()
        .filter(|group| matches!(group.standing(), Standing::Done | Standing::Failed));
    over.map(|group| stage_line(group, look) + "\n").collect()
}

/// Returns a stage that is not running in one line: `✔ base   4 steps, 3 cached   0.2s`.
pub(super) fn stage_line(group: &Group<'_>, look: Look) -> String {
    let duration = group.steps.iter().map(|step| step.duration()).sum();
    match group.standing() {
        Standing::Waiting | Standing::Running => {
            let mark = look.paint(Tone::Faint, look.mark(Mark::Waiting));
            let text = format!("{}waiting", done_so_far(group));
            line(
                &mark,
                &look.paint(Tone::Faint, &name(group)),
                &look.paint(Tone::Faint, &text),
                None,
                look,
            )
        }
        Standing::Done => {
            let mark = look.paint(Tone::Good, look.mark(Mark::Done));
            line(
                &mark,
                &look.paint(Tone::Strong, &name(group)),
                &tally(group),
                Some(duration),
                look,
            )
        }
        Standing::Failed => {
            let failed = group
                .steps
                .iter()
                .find(|step| step.phase() == Phase::Failed);
            let text = failed
                .map(|step| step.title.to_string())
                .unwrap_or_default();
            let mark = look.paint(Tone::Error, look.mark(Mark::Failed));
            line(
                &mark,
                &look.paint(Tone::Strong, &name(group)),
                &text,
                Some(duration),
                look,
            )
        }
    }
}

/// Returns a running step in one line: `▸ wheel_builder  3/7 RUN maturin build   45.1s`.
pub(super) fn running_line(step: &Step, text: &str, now: Duration, look: Look) -> String {
    let mark = look.paint(Tone::Hint, look.mark(Mark::Running));
    let group = Group {
        name: step.title.group(),
        steps: vec![],
    };
    let since = step.running_since.unwrap_or(now);
    let shown = if step.title.position.is_some() {
        name(&group)
    } else {
        String::new()
    };
    line(
        &mark,
        &look.paint(Tone::Strong, &shown),
        text,
        Some(now.saturating_sub(since)),
        look,
    )
}

/// Returns `mark name text … time`, the time at the right edge. Without a name the text takes its
/// place.
pub(super) fn line(
    mark: &str,
    name: &str,
    text: &str,
    time: Option<Duration>,
    look: Look,
) -> String {
    let columns = look.width.unwrap_or(USUAL_COLUMNS).saturating_sub(1);
    let time = time.map(human_duration).unwrap_or_default();
    let start = if name.is_empty() {
        format!("{mark} {text}")
    } else {
        let gap = NAME_COLUMNS.saturating_sub(width(name));
        format!("{mark} {name}{:gap$} {text}", "")
    };
    let room = columns.saturating_sub(width(&time) + 1);
    let start = fit(&start, room, look);
    let gap = columns.saturating_sub(width(&start) + width(&time));
    let line = format!("{start}{:gap$}{}", "", look.paint(Tone::Faint, &time));
    line.trim_end().to_owned()
}

fn name(group: &Group<'_>) -> String {
    if group.name.is_empty() {
        "steps".to_owned()
    } else {
        group.name.clone()
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
