//! What a build has come to.

use std::time::Duration;

use super::failure::SHOWN_LINES;
use super::note::{render_note, under};
use super::sccache::{self, StageCache};
use super::state::{BuildState, Counts, Target};
use super::step::Phase;
use super::title::{Kind, brief};
use crate::buildkit::progress::VertexWarning;
use crate::execute::event::{BuiltTarget, NoteLevel, TargetOutcome};
use crate::text::{
    Look, Mark, Table, Tone, clean_line, counted, fit, human_duration, human_size, width,
};

/// Where the name of a slow step is cut: it is there to be recognised.
pub(super) const NAME_COLUMNS: usize = 120;

/// How many of the slowest steps are named.
const SLOWEST: usize = 3;

/// A step that was faster is never called slow.
const SLOW: Duration = Duration::from_secs(1);

/// What a build has come to, when it is over.
#[derive(Clone, Debug)]
pub struct Summary {
    /// The targets in the order in which they began.
    pub targets: Vec<Target>,
    /// How many steps of each target ran and how many were cached; a step that several targets share
    /// counts for each.
    pub target_counts: Vec<Counts>,
    /// How long it took, by our own clock.
    pub duration: Duration,
    /// How many steps ran and how many were cached.
    pub counts: Counts,
    /// The bytes sent to the engine for build contexts.
    pub context_bytes: u64,
    /// What the compiler cache did, for each stage that told.
    pub sccache: Vec<StageCache>,
    /// The slowest steps, slowest first: name and duration.
    pub slowest: Vec<(String, Duration)>,
    /// The steps that failed, where that failed the build.
    pub failures: Vec<FailedStep>,
    /// What the frontend finds doubtful.
    pub warnings: Vec<VertexWarning>,
}

/// A step that failed, and the end of what it wrote.
#[derive(Clone, Debug)]
pub struct FailedStep {
    /// Its name, cut to what is read at a glance.
    pub name: String,
    /// Its last lines.
    pub lines: Vec<String>,
}

impl Summary {
    /// Sums up a build that has ended.
    pub fn of(state: &BuildState) -> Self {
        Self {
            targets: state.targets().to_vec(),
            target_counts: state.counts_of_targets(),
            duration: state.duration(),
            counts: state.counts(),
            context_bytes: state.context_bytes(),
            sccache: StageCache::of(state.steps()),
            slowest: slowest(state),
            failures: failures(state),
            warnings: state.warnings().to_vec(),
        }
    }

    /// Returns the summary as lines to read.
    pub fn render(&self, look: Look) -> String {
        let mut text: String = self
            .warnings
            .iter()
            .map(|warning| render_warning(warning, look))
            .collect();
        for warning in self.sccache.iter().flat_map(StageCache::warnings) {
            text += &render_note(NoteLevel::Warning, None, &warning, look);
        }
        match self.targets.as_slice() {
            [only] => text += &render_target(only, look),
            _ => text += &self.target_table(look),
        }
        let separator = format!(" {} ", look.mark(Mark::Dot));
        text + &self.totals().join(&separator)
            + "\n"
            + &sccache::render(&self.sccache, look)
            + &self.slowest(look)
    }

    /// Returns for example `Done in 12.3s`, `9 steps run, 4 cached`, `context 1.20 MB sent`.
    pub(super) fn totals(&self) -> Vec<String> {
        let Counts { run, cached } = self.counts;
        let mut targets = self.targets.iter();
        let word = if targets.all(|target| target.built().is_some()) {
            "Done in"
        } else {
            "Ended after"
        };
        let mut facts = vec![format!("{word} {}", human_duration(self.duration))];
        if run + cached > 0 {
            facts.push(format!("{} run, {cached} cached", counted(run, "step")));
        }
        if self.context_bytes > 0 {
            facts.push(format!("context {} sent", human_size(self.context_bytes)));
        }
        let sum = |count: fn(&StageCache) -> u64| self.sccache.iter().map(count).sum::<u64>();
        let (hits, misses) = (sum(|stage| stage.log.hits), sum(|stage| stage.log.misses));
        if hits + misses > 0 {
            let all = hits + misses;
            facts.push(format!("{hits} of {all} compilations from sccache"));
        }
        facts
    }

    fn slowest(&self, look: Look) -> String {
        let mut table = Table::headless();
        for (name, duration) in &self.slowest {
            let name = fit(name, NAME_COLUMNS, look);
            table.row([format!("  {:>7}", human_duration(*duration)), name]);
        }
        if table.is_empty() {
            return String::new();
        }
        look.paint(Tone::Faint, "Slowest steps") + "\n" + &table.render(look)
    }
}

fn failures(state: &BuildState) -> Vec<FailedStep> {
    if state.is_built() {
        return Vec::new();
    }
    let failed = state.failed().map(|step| FailedStep {
        name: fit(&brief(&step.name), NAME_COLUMNS, Look::PLAIN),
        lines: step.last_lines(SHOWN_LINES).map(str::to_owned).collect(),
    });
    failed.collect()
}

fn slowest(state: &BuildState) -> Vec<(String, Duration)> {
    let ran = state
        .steps()
        .iter()
        .filter(|step| step.phase() == Phase::Done);
    let own = ran.filter(|step| matches!(step.title.kind, Kind::Work | Kind::Export));
    let mut timed: Vec<_> = own
        .map(|step| (brief(&step.name), step.duration()))
        .filter(|(_, time)| *time >= SLOW)
        .collect();
    timed.sort_by(|(_, a), (_, b)| b.cmp(a));
    timed.truncate(SLOWEST);
    timed
}

fn render_target(target: &Target, look: Look) -> String {
    let name = look.paint(Tone::Strong, &target.name);
    let time = human_duration(target.duration());
    let (tone, mark, end) = match target.outcome() {
        None => return String::new(),
        Some(TargetOutcome::Built(_)) => (Tone::Good, Mark::Done, format!("built in {time}")),
        Some(TargetOutcome::Failed { .. }) => {
            (Tone::Error, Mark::Failed, format!("failed after {time}"))
        }
        Some(TargetOutcome::Withheld) => {
            let end = format!("built in {time}, not published");
            (Tone::Warning, Mark::Failed, end)
        }
        Some(TargetOutcome::Cancelled) => {
            let end = format!("cancelled after {time}");
            (Tone::Warning, Mark::Failed, end)
        }
    };
    let mark = look.paint(tone, look.mark(mark));
    let built = target.built().map(|built| render_built(built, look));
    format!("{mark} {name} {end}\n{}", built.unwrap_or_default())
}

fn render_built(built: &BuiltTarget, look: Look) -> String {
    let BuiltTarget {
        digest,
        image_id,
        tags,
        pushed: _,
        size: _,
        size_of: _,
    } = built;
    let id = image_id.as_ref().filter(|id| Some(*id) != digest.as_ref());
    let tags = tags.iter().map(|tag| ("tag", tag.clone()));
    let digest = digest.iter().map(|digest| ("digest", digest.to_string()));
    let id = id.map(|id| ("id", id.to_string()));
    let size = built.shown_size().map(|size| ("size", size));
    let rows = tags.chain(digest).chain(id).chain(size);
    // One column of indent and of gap: so a digest just fits into 80.
    let lines = rows.map(|(name, value)| {
        let gap = "digest ".len() - width(name);
        format!(" {}{:gap$}{value}\n", look.paint(Tone::Faint, name), "")
    });
    lines.collect()
}

/// Returns `warning: SecretsUsedInArgOrEnv: … (Dockerfile:3)` and where to read more.
fn render_warning(warning: &VertexWarning, look: Look) -> String {
    let short = clean_line(&String::from_utf8_lossy(&warning.short));
    let line = warning.range.first().map(|range| range.start.line);
    let file = warning
        .source_info
        .as_ref()
        .map_or("Dockerfile", |source| &source.filename);
    let place = line
        .map(|line| format!(" ({file}:{line})"))
        .unwrap_or_default();
    let more = (!warning.url.is_empty()).then(|| format!("\n  see {}", warning.url));
    let message = format!("{short}{place}{}", more.unwrap_or_default());
    under(&look.paint(Tone::Warning, "warning"), &message, look)
}
