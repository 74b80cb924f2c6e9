//! The tree at one moment.

use std::time::Duration;

use super::stage_line::{Standing, line, running_line, stage_line};
use super::state::BuildState;
use super::step::{Phase, Step};
use super::title::Kind;
use crate::text::{Look, Mark, Tone, fit, human_size};

/// At most so many lines of a running step's output are shown.
const TAIL_LINES: usize = 5;

/// What is on the screen at one moment, before it is fitted into the lines that there are.
#[derive(Debug)]
pub(super) struct Frame<'a> {
    look: Look,
    head: String,
    done: Vec<String>,
    running: Vec<Running<'a>>,
    waiting: Vec<String>,
}

/// A running step: its own line, and its output.
#[derive(Debug)]
struct Running<'a> {
    line: String,
    step: &'a Step,
}

impl<'a> Frame<'a> {
    /// Draws what is known `now`.
    pub(super) fn of(state: &'a BuildState, now: Duration, look: Look) -> Self {
        let groups = state.groups();
        let lines = |wanted: &[Standing]| {
            let chosen = groups
                .iter()
                .filter(|group| wanted.contains(&group.standing()));
            chosen.map(|group| stage_line(group, look)).collect()
        };
        Self {
            look,
            head: head(state, now, look),
            done: lines(&[Standing::Done, Standing::Failed]),
            running: running(state, now, look),
            waiting: lines(&[Standing::Waiting]),
        }
    }

    /// Returns the lines, at most one less than `rows`: the cursor stands below them.
    ///
    /// Where there is not enough room, what waits goes first, then what is done becomes one line,
    /// then running steps are left out. Output of steps takes what is left.
    pub(super) fn lines(mut self, rows: Option<usize>) -> Vec<String> {
        let room = rows.map_or(usize::MAX, |rows| rows.saturating_sub(1));
        if self.height() > room {
            let more = self.height() - room;
            self.waiting
                .truncate(self.waiting.len().saturating_sub(more));
        }
        if self.height() > room && self.done.len() > 1 {
            self.done = vec![self.folded_done()];
        }
        if self.height() > room {
            let fixed = self.height() - self.running.len();
            self.running.truncate(room.saturating_sub(fixed));
        }
        let spare = room.saturating_sub(self.height());
        self.assemble(spare).into_iter().take(room).collect()
    }

    fn height(&self) -> usize {
        1 + self.done.len() + self.running.len() + self.waiting.len()
    }

    fn folded_done(&self) -> String {
        let mark = self.look.paint(Tone::Good, self.look.mark(Mark::Done));
        line(
            &mark,
            "",
            &format!("{} stages done", self.done.len()),
            None,
            self.look,
        )
    }

    /// Puts the lines together, with up to `spare` lines of output.
    fn assemble(self, spare: usize) -> Vec<String> {
        let talking = self
            .running
            .iter()
            .filter(|running| running.step.last_lines(1).next().is_some())
            .count();
        let each = TAIL_LINES.min(spare / talking.max(1));
        let bar = self.look.paint(Tone::Faint, self.look.mark(Mark::Bar));
        let mut lines = vec![self.head];
        lines.extend(self.done);
        for Running { line, step } in self.running {
            lines.push(line);
            lines.extend(step.last_lines(each).map(|text| {
                let text = format!("  {bar} {}", self.look.paint(Tone::Faint, text));
                self.look.width.map_or_else(
                    || text.clone(),
                    |columns| fit(&text, columns.saturating_sub(1), self.look),
                )
            }));
        }
        lines.extend(self.waiting);
        lines
    }
}

/// Returns `Building runtime, dev   12.3s`.
fn head(state: &BuildState, now: Duration, look: Look) -> String {
    let open = state
        .targets()
        .iter()
        .filter(|target| target.finished.is_none());
    let names: Vec<_> = open.map(|target| target.name.as_str()).collect();
    let word = look.paint(Tone::Strong, "Building");
    line(&word, "", &names.join(", "), Some(now), look)
}

/// Returns the running steps: those of stages first, then what the engine does besides.
fn running(state: &BuildState, now: Duration, look: Look) -> Vec<Running<'_>> {
    let active = || {
        state
            .steps()
            .iter()
            .filter(|step| step.phase() == Phase::Running)
    };
    let own = active().filter(|step| step.title.position.is_some());
    let other = active().filter(|step| step.title.position.is_none());
    own.chain(other)
        .map(|step| Running {
            line: running_line(step, &text(step), now, look),
            step,
        })
        .collect()
}

/// Returns what a running step does. What changes comes first, so that it is not cut off.
fn text(step: &Step) -> String {
    match detail(step) {
        Some(detail) if step.title.position.is_none() => format!("{}: {detail}", step.title),
        Some(detail) => format!("{detail}  {}", step.title),
        None => step.title.to_string(),
    }
}

/// Returns how far the transfers within a step are, or what it is busy with.
fn detail(step: &Step) -> Option<String> {
    let bytes = |count: i64| u64::try_from(count).unwrap_or(0);
    let total: u64 = step
        .statuses()
        .iter()
        .map(|status| bytes(status.total))
        .sum();
    let sized = step
        .statuses()
        .iter()
        .filter(|status| total == 0 || status.total > 0);
    let current: u64 = sized.map(|status| bytes(status.current)).sum();
    let busy = step
        .statuses()
        .iter()
        .rfind(|status| status.completed.is_none());
    match (step.title.kind, total, current) {
        (Kind::Export, 0, _) => busy.map(|status| status.id.clone()),
        (_, 0, 0) => None,
        (_, 0, current) => Some(human_size(current)),
        (_, total, current) => Some(format!("{} / {}", human_size(current), human_size(total))),
    }
}
