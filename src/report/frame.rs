//! The tree at one moment.

use std::time::Duration;

use super::layout::Layout;
use super::stage_line::{Standing, name, stage_line};
use super::state::{BuildState, Group};
use super::step::{Phase, Step};
use super::title::{Kind, brief};
use crate::text::{Look, Mark, Tone, counted, human_size};

/// At most so many lines of a running step's output are shown.
const TAIL_LINES: usize = 5;

/// So many lines of output are worth more than the names of stages that wait or are done.
const RESERVED_LINES: usize = 6;

/// What is on the screen at one moment, before it is fitted into the lines that there are.
#[derive(Debug)]
pub(super) struct Frame<'a> {
    layout: Layout,
    head: String,
    done: Vec<String>,
    running: Vec<Running<'a>>,
    waiting: Vec<String>,
}

/// A running step: its own line, and its output.
#[derive(Debug)]
struct Running<'a> {
    line: String,
    output: Vec<&'a str>,
}

impl<'a> Frame<'a> {
    /// Draws what is known `now`.
    pub(super) fn of(state: &'a BuildState, now: Duration, look: Look) -> Self {
        let groups = state.groups();
        let layout = Layout::of(&groups, look);
        let lines = |wanted: &[Standing]| {
            let chosen = groups
                .iter()
                .filter(|group| wanted.contains(&group.standing()));
            chosen
                .map(|group| stage_line(group, layout, look))
                .collect()
        };
        Self {
            layout,
            head: layout.line(&head(state, look), Some(now)),
            done: lines(&[Standing::Done, Standing::Failed]),
            running: running(state, &groups, now, layout),
            waiting: lines(&[Standing::Waiting]),
        }
    }

    /// Returns the lines, at most one less than `rows`: the cursor stands below them.
    ///
    /// Where there is not enough room, what waits becomes one line, then what is done, then running
    /// steps are left out. Output of steps takes what is left.
    pub(super) fn lines(mut self, rows: Option<usize>) -> Vec<String> {
        let room = rows.map_or(usize::MAX, |rows| rows.saturating_sub(1));
        let room_of_lists = room.saturating_sub(self.reserve().min(room / 2));
        self.shorten_waiting(room_of_lists);
        if self.height() > room_of_lists && self.done.len() > 1 {
            let text = format!("{} done", counted(self.done.len(), "stage"));
            self.done = vec![self.layout.plain(Mark::Done, &text, None)];
        }
        self.shorten_running(room);
        let spare = room.saturating_sub(self.height());
        self.assemble(spare).into_iter().take(room).collect()
    }

    /// Returns how many lines the output of steps should have.
    fn reserve(&self) -> usize {
        let lines = self.running.iter().map(|running| running.output.len());
        lines.sum::<usize>().min(RESERVED_LINES)
    }

    fn height(&self) -> usize {
        1 + self.done.len() + self.running.len() + self.waiting.len()
    }

    /// The stages that wait longest are those that are needed last.
    fn shorten_waiting(&mut self, room: usize) {
        if self.height() <= room || self.waiting.len() < 2 {
            return;
        }
        let excess = self.height() - room + 1;
        let kept = self.waiting.len().saturating_sub(excess);
        let more = if kept == 0 { "" } else { "more " };
        let hidden = self.waiting.len() - kept;
        let plural = if hidden == 1 { "" } else { "s" };
        self.waiting.truncate(kept);
        let text = format!("{hidden} {more}stage{plural} waiting");
        self.waiting
            .push(self.layout.plain(Mark::Waiting, &text, None));
    }

    fn shorten_running(&mut self, room: usize) {
        if self.height() <= room {
            return;
        }
        let fixed = self.height() - self.running.len();
        let kept = room.saturating_sub(fixed + 1);
        let hidden = self.running.len() - kept;
        self.running.truncate(kept);
        self.running.push(Running {
            line: self
                .layout
                .plain(Mark::Running, &format!("{hidden} more running"), None),
            output: Vec::new(),
        });
    }

    /// Puts the lines together, with up to `spare` lines of output.
    fn assemble(self, spare: usize) -> Vec<String> {
        let outputs = self.running.iter().map(|running| running.output.len());
        let talking = outputs.filter(|lines| *lines > 0).count();
        let each = TAIL_LINES.min(spare / talking.max(1));
        let mut lines = vec![self.head];
        lines.extend(self.done);
        for Running { line, output } in self.running {
            lines.push(line);
            let shown = output.iter().skip(output.len().saturating_sub(each));
            lines.extend(shown.map(|text| self.layout.output(text)));
        }
        lines.extend(self.waiting);
        lines
    }
}

/// How many targets are named; of more, how many there are says more.
const NAMED_TARGETS: usize = 3;

/// Returns `Building (10/16) runtime, dev`.
fn head(state: &BuildState, look: Look) -> String {
    let open = state
        .targets()
        .iter()
        .filter(|target| target.finished.is_none());
    let names: Vec<_> = open.map(|target| target.name.as_str()).collect();
    let count = match state.progress_in_stages() {
        (_, 0) => String::new(),
        (over, all) => format!(" ({over}/{all})"),
    };
    let word = look.paint(Tone::Strong, "Building");
    let what = if names.len() > NAMED_TARGETS {
        format!(
            "{} of {}",
            names.len(),
            counted(state.targets().len(), "target")
        )
    } else {
        names.join(", ")
    };
    format!("{word}{count} {what}")
}

/// Returns the running steps: those of stages first, then what the engine does besides.
fn running<'a>(
    state: &'a BuildState,
    groups: &[Group<'a>],
    now: Duration,
    layout: Layout,
) -> Vec<Running<'a>> {
    let is_running = |step: &&Step| step.phase() == Phase::Running;
    let time = |step: &Step| Some(now.saturating_sub(step.running_since.unwrap_or(now)));
    let in_stages = groups.iter().flat_map(|group| {
        let steps = group.steps.iter().copied().filter(is_running);
        steps.map(move |step| {
            let line = layout.stage(Mark::Running, name(group), &text(step), time(step));
            Running::new(line, step)
        })
    });
    let others = state.steps().iter().filter(is_running);
    let others = others.filter(|step| step.title.position.is_none());
    let others = others.map(|step| {
        let owner = state.owner(step.targets.iter().copied());
        let owner = owner.map(|owner| format!("{owner}: ")).unwrap_or_default();
        let text = owner + &text(step);
        Running::new(layout.plain(Mark::Running, &text, time(step)), step)
    });
    in_stages.chain(others).collect()
}

impl<'a> Running<'a> {
    fn new(line: String, step: &'a Step) -> Self {
        let lines = step.last_lines(usize::MAX);
        let output: Vec<_> = lines.filter(|line| !line.trim().is_empty()).collect();
        let output = output[output.len().saturating_sub(TAIL_LINES)..].to_vec();
        Self { line, output }
    }
}

/// Returns what a running step does. What changes comes first, so that it is not cut off.
fn text(step: &Step) -> String {
    let title = brief(&step.title.to_string());
    match detail(step) {
        Some(detail) if step.title.position.is_none() => format!("{title}: {detail}"),
        Some(detail) => format!("{detail}  {title}"),
        None => title,
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
