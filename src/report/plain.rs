//! One line after the other, for logs.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt::Write as _;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::failure::render_failures;
use super::note::render_note;
use super::reporter::{Moment, Page, Reporter};
use super::state::BuildState;
use super::step::{Phase, Step};
use super::summary::Summary;
use super::target_line::render_target;
use super::title::one_line;
use crate::buildkit::progress::{SolveStatus, VertexLog, VertexStatus};
use crate::diagnosis::without_command;
use crate::execute::event::Event;
use crate::text::{Look, Typed, Typewriter, clean_line, human_duration, human_size};

/// How often the state of a long transfer, or of a progress bar, is written, by the engine's clock.
const PERIOD: SignedDuration = SignedDuration::from_secs(5);

/// Writes lines as `docker buildx build --progress=plain` does: each step has a number, and each
/// of its lines begins with it, so that `grep '^#12 '` gives one step of several that ran at once.
/// Unlike there, a step is named without its mounts, and no longer than a few lines of a terminal.
#[derive(Default)]
pub(super) struct Plain {
    /// The numbers of the steps that were written about, by their place in the state.
    numbers: HashMap<usize, usize>,
    /// Steps whose end was written. The engine may start such a step again.
    ended: HashSet<usize>,
    /// By step and id.
    transfers: HashMap<(usize, String), Transfer>,
    /// By step and stream.
    outputs: BTreeMap<(usize, i64), Output>,
    out: String,
}

/// What a step writes to one of its streams.
struct Output {
    line: Typewriter,
    /// When something of it was last written, or came first.
    written: Timestamp,
}

/// What was written about a transfer.
struct Transfer {
    /// When it was last written about, or began.
    written: Timestamp,
    done: bool,
}

impl Reporter for Plain {
    fn event(&mut self, event: &Event, moment: Moment<'_>) -> Page {
        let Moment {
            state,
            now: _,
            view,
        } = moment;
        match event {
            Event::Progress { status, .. } => self.progress(status, state, view.look),
            Event::TargetStarted { target, at: _ } => {
                self.line(&format!("target {target}: started"));
            }
            Event::TargetFinished { target, .. } => {
                self.out += &finished_of_several(target, state, view.look);
            }
            Event::Note {
                level,
                target,
                message,
            } => self.out += &render_note(*level, target.as_deref(), message, view.look),
        }
        Page::talk(std::mem::take(&mut self.out))
    }

    fn finish(&mut self, moment: Moment<'_>) -> Page {
        let Moment { state, view, .. } = moment;
        // What stops everything before it begins is no build.
        if state.targets().is_empty() {
            return Page::default();
        }
        let summary = Summary::of(state).render(view.look);
        // Failures come last, so that the error which the caller shows next is right below.
        Page::talk(summary + &render_failures(state, view.look))
    }
}

impl Plain {
    /// Writes what is new: beginnings first and ends last, so that a step's output is in between.
    fn progress(&mut self, status: &SolveStatus, state: &BuildState, look: Look) {
        let steps: Vec<_> = status
            .vertexes
            .iter()
            .filter_map(|vertex| state.step_of(&vertex.digest))
            .collect();
        for index in &steps {
            self.begin(*index, state, look);
        }
        for status in &status.statuses {
            self.transfer(status, state);
        }
        for log in &status.logs {
            self.log(log, state);
        }
        for index in steps {
            self.end(index, state);
        }
    }

    fn line(&mut self, line: &str) {
        self.out.push_str(line);
        self.out.push('\n');
    }

    fn numbered(&mut self, index: usize, text: &str) {
        let next = self.numbers.len() + 1;
        let number = *self.numbers.entry(index).or_insert(next);
        self.line(&format!("#{number} {text}"));
    }

    fn begin(&mut self, index: usize, state: &BuildState, look: Look) {
        let step = &state.steps()[index];
        if step.phase() == Phase::Running {
            self.ended.remove(&index);
        }
        if step.phase() != Phase::Waiting && !self.numbers.contains_key(&index) {
            self.numbered(index, &one_line(&step.name, look));
        }
        if step.phase() == Phase::Cached {
            self.end(index, state);
        }
    }

    fn end(&mut self, index: usize, state: &BuildState) {
        let step = &state.steps()[index];
        let Some(text) = ending(step).filter(|_| !self.ended.contains(&index)) else {
            return;
        };
        self.open_lines(index, state);
        self.numbered(index, &text);
        self.line("");
        self.ended.insert(index);
    }

    /// Writes the lines that end, and every few seconds the state of one that is written again and
    /// again.
    fn log(&mut self, log: &VertexLog, state: &BuildState) {
        let Some(index) = state.step_of(&log.vertex) else {
            return;
        };
        let output = self.outputs.entry((index, log.stream));
        let output = output.or_insert_with(|| Output {
            line: Typewriter::default(),
            written: log.timestamp,
        });
        let typed = output.line.write(&String::from_utf8_lossy(&log.data));
        let mut lines: Vec<_> = typed.into_iter().filter_map(ended).collect();
        let is_late = log.timestamp.duration_since(output.written) >= PERIOD;
        lines.extend(Some(output.line.line()).filter(|line| is_late && !line.is_empty()));
        if !lines.is_empty() {
            output.written = log.timestamp;
        }
        for line in lines {
            self.output_line(index, &line, log.timestamp, state);
        }
    }

    fn output_line(&mut self, index: usize, line: &str, at: Timestamp, state: &BuildState) {
        let started = state.steps()[index].started().unwrap_or(at);
        let seconds = at.duration_since(started).as_secs_f64().max(0.0);
        self.numbered(index, format!("{seconds:.3} {line}").trim_end());
    }

    /// Writes what a step has not ended with a line feed.
    fn open_lines(&mut self, index: usize, state: &BuildState) {
        let streams = self
            .outputs
            .range_mut((index, i64::MIN)..=(index, i64::MAX));
        let open: Vec<_> = streams
            .map(|(_, output)| (output.line.end(), output.written))
            .filter(|(line, _)| !line.is_empty())
            .collect();
        for (line, at) in open {
            self.output_line(index, &line, at, state);
        }
    }

    /// Writes about a transfer when it is done, and every few seconds before.
    fn transfer(&mut self, status: &VertexStatus, state: &BuildState) {
        let Some(index) = state.step_of(&status.vertex) else {
            return;
        };
        let key = (index, status.id.clone());
        let transfer = self.transfers.entry(key).or_insert(Transfer {
            written: status.started.unwrap_or(status.timestamp),
            done: false,
        });
        let waited = status.timestamp.duration_since(transfer.written);
        if transfer.done || (status.completed.is_none() && waited < PERIOD) {
            return;
        }
        transfer.done = status.completed.is_some();
        transfer.written = status.timestamp;
        self.numbered(index, &transfer_text(status));
    }
}

fn ended(typed: Typed) -> Option<String> {
    match typed {
        Typed::Line(line) => Some(line),
        Typed::Up(_) => None,
    }
}

/// Tells that one of several targets is finished; of a single one, the summary tells.
fn finished_of_several(name: &str, state: &BuildState, look: Look) -> String {
    let targets = state.targets();
    let finished = targets.iter().find(|target| target.name == name);
    let finished = finished.filter(|_| targets.len() > 1);
    finished
        .map(|target| render_target(target, look) + "\n")
        .unwrap_or_default()
}

/// Returns the last line of a step that is over.
fn ending(step: &Step) -> Option<String> {
    match step.phase() {
        Phase::Waiting | Phase::Running => None,
        Phase::Cached => Some("CACHED".to_owned()),
        Phase::Done => Some(format!("DONE {}", human_duration(step.duration()))),
        Phase::Cancelled => Some("CANCELED".to_owned()),
        Phase::Failed => Some(format!(
            "ERROR: {}",
            clean_line(without_command(step.error().unwrap_or_default()))
        )),
    }
}

/// Returns for example `sha256:4f2d 12.3 MB / 48.0 MB 1.2s done`.
fn transfer_text(status: &VertexStatus) -> String {
    let bytes = |count: i64| human_size(u64::try_from(count).unwrap_or(0));
    let mut text = status.id.clone();
    if status.total > 0 {
        text.extend([" ", &bytes(status.current), " / ", &bytes(status.total)]);
    } else if status.current > 0 {
        text.extend([" ", &bytes(status.current)]);
    }
    if let Some(started) = status.started {
        let end = status.completed.unwrap_or(status.timestamp);
        let duration = Duration::try_from(end.duration_since(started)).unwrap_or_default();
        if duration >= Duration::from_millis(100) {
            let _ = write!(text, " {}", human_duration(duration));
        }
    }
    if status.completed.is_some() {
        text.push_str(" done");
    }
    text
}
