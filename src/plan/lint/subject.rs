//! What the rules look at.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;

use super::finding::{Finding, Rule};
use crate::plan::stages::{
    Composition, Fragment, Instruction, Kind, Reference, Stage, StageGraph, StageId, references,
};

/// A composition with what the plan passes to it.
#[derive(Debug)]
pub struct Subject<'a> {
    pub(super) composition: &'a Composition,
    pub(super) graph: StageGraph<'a>,
    pub(super) given: &'a BTreeMap<String, String>,
    pub(super) contexts: &'a BTreeSet<String>,
    pub(super) needed: BTreeSet<StageId>,
}

impl<'a> Subject<'a> {
    /// Creates the subject for building `target` with the arguments and named contexts given.
    ///
    /// An unknown target makes every stage count as needed: the caller tells that error.
    pub fn new(
        composition: &'a Composition,
        given: &'a BTreeMap<String, String>,
        contexts: &'a BTreeSet<String>,
        target: &str,
    ) -> Self {
        let graph = StageGraph::new(composition, given);
        let needed = match graph.find(target) {
            Some(id) => graph.needed(id),
            None => (0..composition.stages().count()).collect(),
        };
        Self {
            composition,
            graph,
            given,
            contexts,
            needed,
        }
    }

    /// Returns the stages that the target needs.
    pub(super) fn stages(&self) -> impl Iterator<Item = (StageId, &'a Arc<Fragment>, &'a Stage)> {
        self.needed.iter().map(|id| {
            let (fragment, stage) = self.graph.stage(*id);
            (*id, fragment, stage)
        })
    }

    /// Returns whether `name` is an argument of this build, wherever it is declared.
    pub(super) fn is_argument(&self, name: &str) -> bool {
        self.given.contains_key(name)
            || AUTOMATIC.contains(&name)
            || self.composition.declared_args().contains(name)
    }
}

/// Arguments that BuildKit fills in, for the stages that declare them.
pub(super) const AUTOMATIC: &[&str] = &[
    "BUILDARCH",
    "BUILDOS",
    "BUILDPLATFORM",
    "BUILDVARIANT",
    "TARGETARCH",
    "TARGETOS",
    "TARGETPLATFORM",
    "TARGETSTAGE",
    "TARGETVARIANT",
];

/// Returns the text of an instruction with comments blanked out, every byte at its place.
pub(super) fn code(fragment: &Fragment, instruction: &Instruction) -> String {
    let text = &fragment.text[instruction.span.clone()];
    text.split_inclusive('\n')
        .map(|line| {
            let comment = line.trim_start().starts_with('#');
            let blank = || " ".repeat(line.len());
            if comment { blank() } else { line.to_owned() }
        })
        .collect()
}

/// Returns the variables that an instruction refers to, with their places in the fragment.
pub(super) fn used(fragment: &Fragment, instruction: &Instruction) -> Vec<(String, Range<usize>)> {
    let code = code(fragment, instruction);
    let start = instruction.span.start;
    references(&code)
        .into_iter()
        .filter(|found| !(is_run(instruction) && assigned(&code, found.name)))
        .map(|Reference { name, span, .. }| (name.to_owned(), start + span.start..start + span.end))
        .collect()
}

fn is_run(instruction: &Instruction) -> bool {
    matches!(instruction.kind, Kind::Run(_))
}

/// Returns whether a shell script gives a variable a value itself.
fn assigned(script: &str, name: &str) -> bool {
    let word = |end: usize| {
        let before = script[..end].chars().next_back();
        !before.is_some_and(|before| before.is_alphanumeric() || matches!(before, '_' | '$' | '{'))
    };
    script.match_indices(name).any(|(at, _)| {
        let after = &script[at + name.len()..];
        let by_loop = script[..at].ends_with("for ") && after.starts_with(" in");
        let by_read = script[..at].ends_with("read ");
        word(at) && (after.starts_with('=') || by_loop || by_read)
    })
}

/// Creates a finding at a place of a fragment.
pub(super) fn finding(
    rule: Rule,
    fragment: &Fragment,
    span: &Range<usize>,
    message: String,
    hint: impl Into<Option<String>>,
) -> Finding {
    Finding {
        rule,
        message,
        excerpt: fragment.excerpt(span.clone(), ""),
        hint: hint.into(),
    }
}
