//! Which files need which, and the cycles among them.

use std::collections::{BTreeMap, BTreeSet};

use super::names::Used;
use super::source::Segments;

pub(super) struct Graph {
    uses: BTreeMap<Segments, Vec<Used>>,
}

impl Graph {
    pub(super) fn new(uses: impl Iterator<Item = Used>) -> Self {
        let mut graph = Self {
            uses: BTreeMap::new(),
        };
        for used in uses {
            graph.uses.entry(used.from.clone()).or_default().push(used);
        }
        graph
    }

    /// Each group of files that all need each other, as the uses among them.
    pub(super) fn cycles(&self) -> Vec<String> {
        let reach: BTreeMap<&Segments, BTreeSet<&Segments>> = self
            .uses
            .keys()
            .map(|file| (file, self.reachable(file)))
            .collect();
        let mut found = BTreeSet::new();
        for (file, reached) in &reach {
            let group: BTreeSet<&Segments> = reached
                .iter()
                .copied()
                .filter(|other| reach.get(other).is_some_and(|back| back.contains(file)))
                .collect();
            if !group.is_empty() {
                found.insert(group);
            }
        }
        found.iter().map(|group| self.within(group)).collect()
    }

    fn reachable<'a>(&'a self, from: &Segments) -> BTreeSet<&'a Segments> {
        let mut reached = BTreeSet::new();
        let mut next: Vec<&Used> = self.uses.get(from).into_iter().flatten().collect();
        while let Some(used) = next.pop() {
            if reached.insert(&used.to) {
                next.extend(self.uses.get(&used.to).into_iter().flatten());
            }
        }
        reached
    }

    fn within(&self, group: &BTreeSet<&Segments>) -> String {
        let lines: Vec<String> = self
            .uses
            .values()
            .flatten()
            .filter(|used| group.contains(&used.from) && group.contains(&used.to))
            .map(ToString::to_string)
            .collect();
        lines.join("\n")
    }
}
