//! One step of a build, as far as it is known.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::cache_log::CacheLog;
use super::title::Title;
use crate::buildkit::Digest;
use crate::buildkit::progress::{Vertex, VertexLog, VertexStatus};
use crate::text::{Typed, Typewriter, clean_line};

/// How many of the last lines of a step's output are kept.
const KEPT_LINES: usize = 200;

/// One step of a build: a vertex, or a group of them that is shown as one.
#[derive(Clone, Debug, Default)]
pub struct Step {
    /// Its name as the engine gives it, for example `[runtime 3/7] RUN make`.
    pub name: String,
    /// What the name says.
    pub title: Title,
    /// When it was first seen running, since the start of the build by our own clock. The engine's
    /// clock may differ, so only this can tell how long a step has been running.
    pub running_since: Option<Duration>,
    /// How many steps are below it: 0 for a base image.
    pub(super) depth: usize,
    /// What it has told of the compiler cache, long ago perhaps.
    pub(super) cache: CacheLog,
    /// The targets that it is built for, by their place in the state.
    pub(super) targets: BTreeSet<usize>,
    members: BTreeMap<Digest, Member>,
    statuses: Vec<VertexStatus>,
    /// Each of its streams.
    output: BTreeMap<i64, Typewriter>,
    last_lines: VecDeque<String>,
    /// What it wrote last, where that has not ended in a line feed: a progress bar.
    open_line: String,
}

/// Where a step stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Known, but not begun.
    Waiting,
    /// Begun.
    Running,
    /// Not needed: its result was in the cache.
    Cached,
    /// Done.
    Done,
    /// Failed.
    Failed,
    /// Stopped, because the build was cancelled or another step failed.
    Cancelled,
}

#[derive(Clone, Debug, Default)]
struct Member {
    /// Starts and ends; a vertex may start several times.
    runs: BTreeMap<Timestamp, Option<Timestamp>>,
    completed: bool,
    cached: bool,
    error: String,
}

impl Member {
    fn is_begun(&self) -> bool {
        self.completed || !self.runs.is_empty()
    }
}

impl Step {
    pub(super) fn new(name: &str) -> Self {
        let name = clean_line(name);
        Self {
            title: Title::parse(&name),
            name,
            ..Self::default()
        }
    }

    /// Takes in what the engine says about one of the step's vertexes.
    pub(super) fn update(&mut self, vertex: &Vertex, now: Duration) {
        let member = self.members.entry(vertex.digest.clone()).or_default();
        if let Some(started) = vertex.started {
            member.runs.insert(started, vertex.completed);
            self.running_since.get_or_insert(now);
        }
        member.completed = vertex.completed.is_some();
        member.cached |= vertex.cached;
        if !vertex.error.is_empty() {
            member.error.clone_from(&vertex.error);
        }
    }

    pub(super) fn progress(&mut self, status: &VertexStatus) {
        match self.statuses.iter_mut().find(|known| known.id == status.id) {
            Some(known) => known.clone_from(status),
            None => self.statuses.push(status.clone()),
        }
    }

    pub(super) fn log(&mut self, log: &VertexLog) {
        let output = self.output.entry(log.stream).or_default();
        let typed = output.write(&String::from_utf8_lossy(&log.data));
        self.open_line = output.line();
        for typed in typed {
            match typed {
                Typed::Line(line) => self.keep(line),
                Typed::Up(count) => {
                    let kept = self.last_lines.len().saturating_sub(count);
                    self.last_lines.truncate(kept);
                }
            }
        }
    }

    fn keep(&mut self, line: String) {
        self.cache.read(&line);
        if self.last_lines.len() == KEPT_LINES {
            self.last_lines.pop_front();
        }
        self.last_lines.push_back(line);
    }

    /// Returns where the step stands. A vertex that waits, while another one has done the same step
    /// for another target, will turn out to be cached.
    pub fn phase(&self) -> Phase {
        if let Some(error) = self.error() {
            return if is_stopped(error) {
                Phase::Cancelled
            } else {
                Phase::Failed
            };
        }
        let begun = || self.members.values().filter(|member| member.is_begun());
        if begun().next().is_none() {
            Phase::Waiting
        } else if begun().any(|member| !member.completed) {
            Phase::Running
        } else if begun().all(|member| member.cached) {
            Phase::Cached
        } else {
            Phase::Done
        }
    }

    /// Returns why the step failed or stopped, if it did.
    pub fn error(&self) -> Option<&str> {
        let errors = self.members.values().map(|member| member.error.as_str());
        let errors = errors.filter(|error| !error.is_empty());
        // If one target's failure stops another target at the same step, the failure counts.
        errors.min_by_key(|error| is_stopped(error))
    }

    /// Returns how long the step worked, by the engine's clock; what is still running does not
    /// count. Vertexes that are one step work at the same time.
    pub fn duration(&self) -> Duration {
        let runs = self.members.values().flat_map(|member| &member.runs);
        let mut ended: Vec<_> = runs
            .filter_map(|(start, end)| Some((*start, (*end)?)))
            .collect();
        ended.sort_unstable();
        let mut total = SignedDuration::ZERO;
        let mut covered = Timestamp::MIN;
        for (start, end) in ended {
            let start = start.max(covered);
            total += end.max(start).duration_since(start);
            covered = covered.max(end);
        }
        Duration::try_from(total).unwrap_or_default()
    }

    /// Returns when the step first started, by the engine's clock.
    pub fn started(&self) -> Option<Timestamp> {
        let starts = self.members.values().flat_map(|member| member.runs.keys());
        starts.min().copied()
    }

    /// Returns what goes on inside of the step, in the order in which it began.
    pub fn statuses(&self) -> &[VertexStatus] {
        &self.statuses
    }

    /// Returns up to `count` of the last lines that the step wrote, as a terminal would show them.
    pub fn last_lines(&self, count: usize) -> impl Iterator<Item = &str> {
        let open = (!self.open_line.is_empty()).then_some(&self.open_line);
        let skipped = (self.last_lines.len() + open.iter().len()).saturating_sub(count);
        let lines = self.last_lines.iter().chain(open).skip(skipped);
        lines.map(String::as_str)
    }
}

/// Returns whether an error is what Go's context package says of work stopped from outside.
fn is_stopped(error: &str) -> bool {
    error.ends_with("context canceled")
}
