//! What is known about a build at a moment.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use super::step::{Phase, Step};
use super::title::{Kind, Title};
use crate::buildkit::Digest;
use crate::buildkit::progress::{ProgressGroup, SolveStatus, Vertex, VertexWarning};
use crate::execute::event::{BuiltTarget, Event, TargetOutcome};

/// What is known about a build: all its steps and targets, merged from the events so far.
///
/// Steps are merged by digest and by their place in the Dockerfile, so a step that several targets
/// share is there once. Digests are good for one build only: the engine makes new ones for every build that has a context.
#[derive(Clone, Debug, Default)]
pub struct BuildState {
    steps: Vec<Step>,
    by_digest: HashMap<Digest, usize>,
    by_share: HashMap<SharedBy, usize>,
    inputs: HashMap<Digest, Vec<Digest>>,
    targets: Vec<Target>,
    warnings: Vec<VertexWarning>,
    latest: Duration,
}

/// What is known about a target.
#[derive(Clone, Debug)]
pub struct Target {
    /// Its name in the plan.
    pub name: String,
    /// When it began, since the start of the build.
    pub started: Duration,
    /// When and how it ended.
    pub finished: Option<(Duration, TargetOutcome)>,
}

impl Target {
    /// Returns how it ended, if it has.
    pub fn outcome(&self) -> Option<&TargetOutcome> {
        self.finished.as_ref().map(|(_, outcome)| outcome)
    }

    /// Returns what was made for it.
    pub fn built(&self) -> Option<&BuiltTarget> {
        match self.outcome()? {
            TargetOutcome::Built(built) => Some(built),
            TargetOutcome::Failed { .. } | TargetOutcome::Withheld | TargetOutcome::Cancelled => {
                None
            }
        }
    }

    /// Returns how long it took, if it has ended.
    pub fn duration(&self) -> Duration {
        let end = self.finished.as_ref().map_or(self.started, |(end, _)| *end);
        end.saturating_sub(self.started)
    }
}

/// Steps that are shown together: those of one stage on one platform.
#[derive(Clone, Debug)]
pub struct Group<'a> {
    /// The stage, or empty for the only stage of a Dockerfile. Where there are several targets, a
    /// stage that only one of them needs begins with its name.
    pub name: String,
    /// Its steps in the order in which they became known.
    pub steps: Vec<&'a Step>,
}

impl BuildState {
    /// Takes in an event that happened `now`, counted from the start of the build.
    pub fn update(&mut self, event: &Event, now: Duration) {
        self.latest = self.latest.max(now);
        match event {
            Event::Progress { target, status } => self.progress(target.as_deref(), status, now),
            Event::TargetStarted { target, at: _ } => self.targets.push(Target {
                name: target.clone(),
                started: now,
                finished: None,
            }),
            Event::TargetFinished {
                target,
                at: _,
                result,
            } => self.finish_target(target, result, now),
            Event::Note { .. } => {}
        }
    }

    fn progress(&mut self, target: Option<&str>, status: &SolveStatus, now: Duration) {
        let target = target.and_then(|name| self.targets.iter().position(|t| t.name == name));
        let SolveStatus {
            vertexes,
            statuses,
            logs,
            warnings,
        } = status;
        for vertex in vertexes {
            let index = self.index_of(vertex);
            self.steps[index].update(vertex, now);
            self.steps[index].targets.extend(target);
            self.inputs
                .entry(vertex.digest.clone())
                .or_insert_with(|| vertex.inputs.clone());
        }
        if !vertexes.is_empty() {
            self.measure_depths();
        }
        for status in statuses {
            if let Some(index) = self.by_digest.get(&status.vertex) {
                self.steps[*index].progress(status);
            }
        }
        for log in logs {
            if let Some(index) = self.by_digest.get(&log.vertex) {
                self.steps[*index].log(log);
            }
        }
        for warning in warnings {
            // Two targets that share a stage both warn about it.
            let same = |known: &VertexWarning| {
                known.short == warning.short
                    && known.range == warning.range
                    && known.source_info == warning.source_info
            };
            if !self.warnings.iter().any(same) {
                self.warnings.push(warning.clone());
            }
        }
    }

    /// Finds out how many steps are below each one. The engine lists them in any order, but people
    /// want to read a stage after those that it is made from.
    fn measure_depths(&mut self) {
        let mut depths = HashMap::new();
        for (digest, index) in &self.by_digest {
            let depth = depth_of(digest, &self.inputs, &mut depths);
            let step = &mut self.steps[*index];
            step.depth = step.depth.max(depth);
        }
    }

    /// Returns the place of the step that the vertex belongs to, which is created if it is new.
    fn index_of(&mut self, vertex: &Vertex) -> usize {
        if let Some(index) = self.by_digest.get(&vertex.digest) {
            return *index;
        }
        let shared = SharedBy::of(vertex);
        let known = shared.as_ref().and_then(|shared| self.by_share.get(shared));
        let index = known.copied().unwrap_or(self.steps.len());
        if index == self.steps.len() {
            self.steps.push(Step::new(shown_name(vertex)));
        }
        if let Some(shared) = shared {
            self.by_share.insert(shared, index);
        }
        self.by_digest.insert(vertex.digest.clone(), index);
        index
    }

    fn finish_target(&mut self, name: &str, result: &TargetOutcome, now: Duration) {
        let target = self.targets.iter_mut().find(|target| target.name == name);
        if let Some(target) = target {
            target.finished = Some((now, result.clone()));
        }
    }

    /// Returns all steps in the order in which they became known.
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// Returns the place in [`steps`](Self::steps) of the step that a vertex belongs to.
    pub fn step_of(&self, vertex: &Digest) -> Option<usize> {
        self.by_digest.get(vertex).copied()
    }

    /// Returns the targets in the order in which they began.
    pub fn targets(&self) -> &[Target] {
        &self.targets
    }

    /// Counts the steps of each target.
    pub(super) fn counts_of_targets(&self) -> Vec<Counts> {
        let of_target = |index: usize| {
            let steps = self.steps().iter();
            Counts::of(steps.filter(move |step| step.targets.contains(&index)))
        };
        (0..self.targets().len()).map(of_target).collect()
    }

    /// Returns when the last event happened, counted from the start of the build.
    pub fn duration(&self) -> Duration {
        self.latest
    }

    /// Returns what the frontend finds doubtful, each finding once.
    pub fn warnings(&self) -> &[VertexWarning] {
        &self.warnings
    }

    /// Returns the steps of the Dockerfile by stage and platform, each stage after those that it is
    /// made from.
    pub fn groups(&self) -> Vec<Group<'_>> {
        let mut groups: Vec<Group<'_>> = Vec::new();
        for step in self
            .steps
            .iter()
            .filter(|step| step.title.position.is_some())
        {
            let name = step.title.group();
            match groups.iter_mut().find(|group| group.name == name) {
                Some(group) => group.steps.push(step),
                None => groups.push(Group {
                    name,
                    steps: vec![step],
                }),
            }
        }
        groups.sort_by_key(|group| group.steps.iter().map(|step| step.depth).min());
        for group in &mut groups {
            let targets: BTreeSet<_> = group.steps.iter().flat_map(|step| &step.targets).collect();
            if let Some(owner) = self.owner(targets.into_iter().copied())
                && owner != group.name
            {
                let name = format!("{owner} {}", group.name);
                name.trim_end().clone_into(&mut group.name);
            }
        }
        groups
    }

    /// Returns the name of the one of several targets that these are: what belongs to it only must
    /// be told apart from what belongs to others.
    pub(super) fn owner(&self, targets: impl IntoIterator<Item = usize>) -> Option<&str> {
        let mut targets = targets.into_iter();
        let only = targets.next().filter(|_| targets.next().is_none())?;
        let others = self.targets.len() > 1;
        others.then(|| self.targets[only].name.as_str())
    }

    /// Returns how many of the steps of stages are over, and how many there are.
    pub(super) fn progress_in_stages(&self) -> (usize, usize) {
        let steps = self.steps.iter();
        let phases: Vec<_> = steps
            .filter(|step| step.title.position.is_some())
            .map(Step::phase)
            .collect();
        let over = phases.iter().filter(|phase| match phase {
            Phase::Cached | Phase::Done | Phase::Failed | Phase::Cancelled => true,
            Phase::Waiting | Phase::Running => false,
        });
        (over.count(), phases.len())
    }

    /// Returns whether all targets ended well.
    pub fn is_built(&self) -> bool {
        let mut targets = self.targets.iter();
        !self.targets.is_empty() && targets.all(|target| target.built().is_some())
    }

    /// Returns the steps that failed, in the order in which they became known.
    pub fn failed(&self) -> impl Iterator<Item = &Step> {
        self.steps
            .iter()
            .filter(|step| step.phase() == Phase::Failed)
    }

    /// Counts the work on files: how many steps had to run, and how many were cached.
    pub fn counts(&self) -> Counts {
        Counts::of(&self.steps)
    }

    /// Returns the bytes that were sent to the engine for build contexts.
    pub fn context_bytes(&self) -> u64 {
        let loads = self.steps.iter().filter(|step| is_context(step));
        let statuses = loads.flat_map(Step::statuses);
        let transfers = statuses.filter(|status| status.id.starts_with("transferring "));
        transfers
            .map(|status| u64::try_from(status.current).unwrap_or(0))
            .sum()
    }
}

/// How many steps that work on files ran, and how many were cached.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Steps that had to run.
    pub run: usize,
    /// Steps whose result was in the cache.
    pub cached: usize,
}

impl Counts {
    /// Counts in these steps. Base images and the engine's preparations do not count: their
    /// `cached` flag says nothing.
    pub fn of<'a>(steps: impl IntoIterator<Item = &'a Step>) -> Self {
        let mut counts = Self::default();
        for step in steps
            .into_iter()
            .filter(|step| step.title.kind == Kind::Work)
        {
            match step.phase() {
                Phase::Cached => counts.cached += 1,
                Phase::Done | Phase::Failed => counts.run += 1,
                Phase::Waiting | Phase::Running | Phase::Cancelled => {}
            }
        }
        counts
    }
}

/// What makes several vertexes one step.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum SharedBy {
    /// The engine says that they belong together.
    Group(String),
    /// They are the same step of the Dockerfile: built for two targets at once, it is there once for
    /// each, and all but one of them are cached.
    Name(String),
}

impl SharedBy {
    fn of(vertex: &Vertex) -> Option<Self> {
        let group = group_of(vertex).map(|group| Self::Group(group.id.clone()));
        let in_stage = Title::parse(&vertex.name).position.is_some();
        group.or_else(|| in_stage.then(|| Self::Name(vertex.name.clone())))
    }
}

fn group_of(vertex: &Vertex) -> Option<&ProgressGroup> {
    let group = vertex.progress_group.as_ref();
    group.filter(|group| !group.weak && !group.id.is_empty())
}

fn shown_name(vertex: &Vertex) -> &str {
    group_of(vertex).map_or(&vertex.name, |group| &group.name)
}

/// Returns how many steps are below a vertex. The engine's graphs have no cycles; if one had, the
/// vertex would count as a base.
fn depth_of(
    digest: &Digest,
    inputs: &HashMap<Digest, Vec<Digest>>,
    known: &mut HashMap<Digest, usize>,
) -> usize {
    if let Some(depth) = known.get(digest) {
        return *depth;
    }
    known.insert(digest.clone(), 0);
    let below = inputs.get(digest).map(Vec::as_slice).unwrap_or_default();
    let deepest = below
        .iter()
        .map(|input| depth_of(input, inputs, known) + 1)
        .max();
    let depth = deepest.unwrap_or(0);
    known.insert(digest.clone(), depth);
    depth
}

fn is_context(step: &Step) -> bool {
    step.title.kind == Kind::Internal
        && matches!(
            step.title.text.as_str(),
            "load build context" | "load from client"
        )
}
