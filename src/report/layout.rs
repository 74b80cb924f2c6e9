//! Where things stand in a line of the tree.

use std::time::Duration;

use super::state::Group;
use crate::text::{Look, Mark, Tone, fit, fit_middle, human_duration, width};

/// The columns that names of stages take at least, so that usual builds look alike.
const NAME_COLUMNS: usize = 16;

/// Where a line without a terminal has its time.
const USUAL_COLUMNS: usize = 80;

/// The columns of a tree: mark, name, text, and the time at the right edge.
#[derive(Clone, Copy, Debug)]
pub(super) struct Layout {
    look: Look,
    columns: usize,
    name: usize,
}

impl Layout {
    /// Makes room for the names of these stages; at most a third of a line, so that what they do
    /// can be read.
    pub(super) fn of(groups: &[Group<'_>], look: Look) -> Self {
        // The last column stays empty: some terminals break a line that fills it.
        let columns = look.width.unwrap_or(USUAL_COLUMNS).saturating_sub(1);
        let longest = groups.iter().map(|group| width(&group.name)).max();
        let name = longest.unwrap_or(0).max(NAME_COLUMNS).min(columns / 3);
        Self {
            look,
            columns,
            name,
        }
    }

    /// Returns `✔ runtime  4 steps … 0.2s`, the time at the right edge.
    pub(super) fn stage(
        &self,
        mark: Mark,
        name: &str,
        text: &str,
        time: Option<Duration>,
    ) -> String {
        let name = fit_middle(name, self.name, self.look);
        let gap = self.name.saturating_sub(width(&name));
        let is_faint = tone_of(mark) == Tone::Faint;
        let tone = if is_faint { Tone::Faint } else { Tone::Strong };
        let name = self.look.paint(tone, &name);
        self.plain(mark, &format!("{name}{:gap$} {text}", ""), time)
    }

    /// Returns what happens outside of stages: `▸ exporting to image … 0.2s`.
    pub(super) fn plain(&self, mark: Mark, text: &str, time: Option<Duration>) -> String {
        let sign = self.look.paint(tone_of(mark), self.look.mark(mark));
        self.line(&format!("{sign} {text}"), time)
    }

    /// Returns `start … time`, the start cut so that the time is seen.
    pub(super) fn line(&self, start: &str, time: Option<Duration>) -> String {
        let time = time.map(human_duration).unwrap_or_default();
        let start = fit(
            start,
            self.columns.saturating_sub(width(&time) + 1),
            self.look,
        );
        let gap = self.columns.saturating_sub(width(&start) + width(&time));
        let time = fit(&time, self.columns.saturating_sub(width(&start)), self.look);
        let line = format!("{start}{:gap$}{}", "", self.look.paint(Tone::Faint, &time));
        line.trim_end().to_owned()
    }

    /// Returns a line of the output of a step, below its own one.
    pub(super) fn output(&self, text: &str) -> String {
        let bar = self.look.paint(Tone::Faint, self.look.mark(Mark::Bar));
        let text = self.look.paint(Tone::Faint, text);
        fit(&format!("  {bar} {text}"), self.columns, self.look)
    }
}

const fn tone_of(mark: Mark) -> Tone {
    match mark {
        Mark::Done => Tone::Good,
        Mark::Failed => Tone::Error,
        Mark::Running => Tone::Hint,
        Mark::Waiting | Mark::Bar | Mark::Dot | Mark::Ellipsis => Tone::Faint,
    }
}
