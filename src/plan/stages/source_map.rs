//! From a line of the joined Dockerfile back to the fragment's own line.

use std::ops::RangeInclusive;
use std::sync::Arc;

use super::fragment::Fragment;
use crate::problem::Excerpt;

/// A line of a fragment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// The fragment.
    pub fragment: Arc<Fragment>,
    /// The line in it, counted from 1.
    pub line: usize,
}

impl Origin {
    /// Returns `dockerfiles/base.Dockerfile:12`.
    pub fn describe(&self) -> String {
        format!("{}:{}", self.fragment.file, self.line)
    }
}

/// Where each line of a joined Dockerfile comes from.
#[derive(Clone, Debug, Default)]
pub struct SourceMap {
    lines: Vec<Option<Origin>>,
}

impl SourceMap {
    /// Adds the origin of the next line; `None` for a line that the join wrote itself.
    pub(super) fn push(&mut self, origin: Option<Origin>) {
        self.lines.push(origin);
    }

    /// Returns where `line` of the joined file (counted from 1, as BuildKit does) comes from.
    pub fn locate(&self, line: usize) -> Option<&Origin> {
        self.lines.get(line.checked_sub(1)?)?.as_ref()
    }

    /// Returns the place that `lines` of the joined file are in their fragment.
    ///
    /// Lines of another fragment at the end of the range are left out.
    pub fn excerpt(&self, lines: RangeInclusive<usize>) -> Option<Excerpt> {
        let first = self.locate(*lines.start())?;
        let last = lines
            .rev()
            .filter_map(|line| self.locate(line))
            .find(|origin| Arc::ptr_eq(&origin.fragment, &first.fragment))?;
        let fragment = &first.fragment;
        let start = fragment.start_of(first.line);
        let end = fragment.start_of(last.line.max(first.line) + 1);
        let end = start + fragment.text[start..end].trim_end().len();
        Some(fragment.excerpt(start..end, ""))
    }
}
