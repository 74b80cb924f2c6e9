//! What the rules look at.

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;

use super::finding::{Finding, Rule};
use crate::dockerfile::{Command, Instruction, Kind, Reference, Stage, references};
use crate::plan::stages::{Composition, Fragment, Inputs, StageGraph, StageId};

/// A composition with what the plan passes to it.
#[derive(Debug)]
pub struct Subject<'a> {
    pub(super) composition: &'a Composition,
    pub(super) graph: StageGraph<'a>,
    pub(super) inputs: Inputs<'a>,
    pub(super) needed: BTreeSet<StageId>,
    /// The names that anything declares.
    pub(super) declared: BTreeSet<&'a str>,
}

impl<'a> Subject<'a> {
    /// Creates the subject for building `target` with what the plan passes.
    ///
    /// An unknown target makes every stage count as needed: the caller reports that error.
    pub fn new(composition: &'a Composition, inputs: Inputs<'a>, target: &str) -> Self {
        let graph = StageGraph::new(composition, inputs);
        let needed = match graph.find(target) {
            Some(id) => graph.needed(id),
            None => (0..graph.count()).collect(),
        };
        Self {
            composition,
            graph,
            inputs,
            needed,
            declared: composition.declared_args(),
        }
    }

    /// Returns the stages that the target needs, without those whose place a context takes.
    pub(super) fn stages(&self) -> impl Iterator<Item = (StageId, &'a Arc<Fragment>, &'a Stage)> {
        let is_context = |stage: &Stage| {
            let name = stage.name.as_ref().map(|name| name.value.to_lowercase());
            name.is_some_and(|name| self.inputs.contexts.contains_key(&name))
        };
        let stages = self.needed.iter().map(|id| {
            let (fragment, stage) = self.graph.stage(*id);
            (*id, fragment, stage)
        });
        stages.filter(move |(_, _, stage)| !is_context(stage))
    }

    /// Returns whether `name` is an argument of this build, wherever it is declared.
    pub(super) fn is_argument(&self, name: &str) -> bool {
        self.inputs.args.contains_key(name)
            || AUTOMATIC.contains(&name)
            || self.declared.contains(name)
    }
}

pub(super) use crate::plan::stages::AUTOMATIC;

/// Returns the names that an instruction gives a value.
pub(super) fn declared(kind: &Kind) -> Vec<&str> {
    match kind {
        Kind::Arg(args) => args.iter().map(|arg| arg.name.as_str()).collect(),
        Kind::Env(pairs) => pairs.iter().map(|pair| pair.name.as_str()).collect(),
        Kind::Label(_)
        | Kind::Copy(_)
        | Kind::Run(_)
        | Kind::OnBuild(_)
        | Kind::Words(_)
        | Kind::Kept
        | Kind::Unknown => Vec::new(),
    }
}

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

/// Returns the variables that an instruction's step can see nothing of elsewhere: those that BuildKit
/// or the shell replaces, with their places in the fragment.
pub(super) fn used(fragment: &Fragment, instruction: &Instruction) -> Vec<(String, Range<usize>)> {
    let mut code = code(fragment, instruction);
    for silent in silent_documents(instruction) {
        let start = silent.start - instruction.span.start;
        let end = silent.end - instruction.span.start;
        code.replace_range(start..end, &" ".repeat(end - start));
    }
    let start = instruction.span.start;
    let is_script =
        matches!(&instruction.kind, Kind::Run(run) if matches!(run.command, Command::Shell(_)));
    references(&code)
        .into_iter()
        .filter(|found| !(is_script && assigned(&code, found.name)))
        .map(|Reference { name, span, .. }| (name.to_owned(), start + span.start..start + span.end))
        .collect()
}

/// Returns where the text of here-documents stands in which nobody replaces variables, and everything
/// of instructions that are kept as they are.
fn silent_documents(instruction: &Instruction) -> Vec<Range<usize>> {
    let quoted = |documents: &[crate::dockerfile::HereDocument]| {
        let quoted = documents.iter().filter(|document| !document.expand);
        quoted.map(|document| document.span.clone()).collect()
    };
    match &instruction.kind {
        Kind::Copy(copy) => quoted(&copy.documents),
        // A here-document alone is the script itself, however its word is quoted.
        Kind::Run(run) => match &run.command {
            Command::Shell(line) if line.starts_with("<<") && run.documents.len() == 1 => {
                Vec::new()
            }
            Command::Shell(_) | Command::Exec(_) => quoted(&run.documents),
        },
        Kind::Kept | Kind::OnBuild(_) | Kind::Unknown => {
            let end = instruction.span.end;
            std::iter::once(instruction.keyword.span.end..end).collect()
        }
        Kind::Arg(_) | Kind::Env(_) | Kind::Label(_) | Kind::Words(_) => Vec::new(),
    }
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
