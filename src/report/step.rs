//! One step of a build, as far as it is known.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use jiff::Timestamp;

use super::title::Title;
use crate::buildkit::Digest;
use crate::buildkit::progress::{Vertex, VertexLog, VertexStatus};
use crate::text::{clean_line, last_state_of_line};

/// How many of the last lines of a step's output are kept.
const KEPT_LINES: usize = 40;

/// One step of a build: a vertex, or a group of them that is shown as one.
#[derive(Clone, Debug)]
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
    members: BTreeMap<Digest, Member>,
    statuses: Vec<VertexStatus>,
    last_lines: VecDeque<String>,
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

impl Step {
    pub(super) fn new(name: &str) -> Self {
        let name = clean_line(name);
        Self {
            title: Title::parse(&name),
            name,
            running_since: None,
            depth: 0,
            members: BTreeMap::new(),
            statuses: Vec::new(),
            last_lines: VecDeque::new(),
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
        for line in log_lines(log) {
            if self.last_lines.len() == KEPT_LINES {
                self.last_lines.pop_front();
            }
            self.last_lines.push_back(line);
        }
    }

    /// Returns where the step stands.
    pub fn phase(&self) -> Phase {
        let mut members = self.members.values();
        if let Some(error) = self.error() {
            // What Go's context package says of work that was stopped from outside.
            let stopped = error.ends_with("context canceled");
            return if stopped {
                Phase::Cancelled
            } else {
                Phase::Failed
            };
        }
        if self.members.is_empty()
            || members.all(|member| !member.completed && member.runs.is_empty())
        {
            Phase::Waiting
        } else if self.members.values().any(|member| !member.completed) {
            Phase::Running
        } else if self.members.values().all(|member| member.cached) {
            Phase::Cached
        } else {
            Phase::Done
        }
    }

    /// Returns why the step failed or stopped, if it did.
    pub fn error(&self) -> Option<&str> {
        let mut errors = self.members.values().map(|member| member.error.as_str());
        errors.find(|error| !error.is_empty())
    }

    /// Returns how long the step worked, by the engine's clock, if it is over.
    pub fn duration(&self) -> Duration {
        let runs = self.members.values().flat_map(|member| &member.runs);
        let ended = runs.filter_map(|(start, end)| end.map(|end| end.duration_since(*start)));
        ended.filter_map(|run| Duration::try_from(run).ok()).sum()
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

    /// Returns up to `count` of the last lines that the step wrote.
    pub fn last_lines(&self, count: usize) -> impl Iterator<Item = &str> {
        let skipped = self.last_lines.len().saturating_sub(count);
        self.last_lines.iter().skip(skipped).map(String::as_str)
    }
}

/// Returns the lines of a log, safe to show, each as a terminal would finally show it.
pub(super) fn log_lines(log: &VertexLog) -> Vec<String> {
    let text = String::from_utf8_lossy(&log.data);
    text.lines()
        .map(|line| clean_line(last_state_of_line(line)))
        .collect()
}
