//! Which stages a target needs, and what these read from elsewhere.

mod cycles;
mod evaluate;

use std::collections::{BTreeSet, HashMap};
use std::ops::Range;
use std::sync::Arc;

use super::StagesError;
use super::fragment::Fragment;
use super::scope::Layers;
use crate::dockerfile::{Known, Stage, Variable};
use crate::suggest;

/// A stage's place in the joined Dockerfile, counted from 0.
pub type StageId = usize;

/// What a target's stages read from the build context.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ContextPaths {
    /// Everything, or what cannot be known before the build.
    All,
    /// These paths and what is below them, sorted; none at all if the context is not used.
    Only(BTreeSet<String>),
}

/// The ids of secrets or agents that steps mount.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ids {
    /// The ids that are known.
    pub known: BTreeSet<String>,
    /// Those of them without which their step fails.
    pub required: BTreeSet<String>,
    /// Whether a step may mount others: its id depends on what is not known before the build.
    pub others: bool,
}

impl Ids {
    /// Returns whether a step mounts this id, or may.
    pub fn may_have(&self, id: &str) -> bool {
        self.others || self.known.contains(id)
    }

    fn add(&mut self, id: Known, required: bool) {
        match id {
            Known::Value(id) => {
                self.required.extend(required.then(|| id.clone()));
                self.known.insert(id);
            }
            Known::No => self.others = true,
        }
    }

    fn all<'a>(parts: impl Iterator<Item = &'a Self>) -> Self {
        let mut all = Self::default();
        for part in parts {
            all.known.extend(part.known.iter().cloned());
            all.required.extend(part.required.iter().cloned());
            all.others |= part.others;
        }
        all
    }
}

/// An image or a named context that a stage refers to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct External {
    /// The name, variables replaced.
    pub name: String,
    /// Where it stands.
    pub span: Range<usize>,
}

/// The stages of a composition with what a build gives to them.
///
/// Everything is evaluated once, in the order of the file, as BuildKit does it.
#[derive(Debug)]
pub struct StageGraph<'a> {
    stages: Vec<Resolved<'a>>,
    /// The stages by their names in lower case; of several the last.
    by_name: HashMap<String, StageId>,
    layers: Layers,
}

/// A stage, its variables replaced.
#[derive(Debug)]
struct Resolved<'a> {
    fragment: &'a Arc<Fragment>,
    stage: &'a Stage,
    /// What it starts from; `None` if that is not known, or a named context takes its place.
    image: Option<String>,
    parent: Option<StageId>,
    /// The stages that it reads by `--from`.
    reads: Vec<StageId>,
    externals: Vec<External>,
    is_unknown: bool,
    context: ContextPaths,
    secrets: Ids,
    ssh: Ids,
    /// The names that its own instructions and the triggers of its parent declare.
    args: BTreeSet<&'a str>,
}

impl<'a> StageGraph<'a> {
    /// Returns the stage and its fragment.
    pub fn stage(&self, id: StageId) -> (&'a Arc<Fragment>, &'a Stage) {
        let Resolved {
            fragment, stage, ..
        } = &self.stages[id];
        (fragment, stage)
    }

    /// Returns the number of stages.
    pub fn count(&self) -> usize {
        self.stages.len()
    }

    /// Returns the names of all named stages, in order.
    pub fn names(&self) -> impl Iterator<Item = &'a str> {
        let names = self.stages.iter();
        names.filter_map(|resolved| Some(resolved.stage.name.as_ref()?.value.as_str()))
    }

    /// Returns the stage called `name`; BuildKit ignores case.
    pub fn find(&self, name: &str) -> Option<StageId> {
        self.by_name.get(&name.to_lowercase()).copied()
    }

    /// Returns the stage that a target names, or an error with the names that exist.
    pub fn target(&self, name: &str) -> Result<StageId, StagesError> {
        self.find(name).ok_or_else(|| StagesError::UnknownStage {
            name: name.to_owned(),
            closest: suggest::closest(name, self.names()).map(ToOwned::to_owned),
            known: self.names().map(ToOwned::to_owned).collect(),
        })
    }

    /// Returns what a stage starts from, variables replaced; `None` if that is not known.
    pub fn image(&self, id: StageId) -> Option<&str> {
        self.stages[id].image.as_deref()
    }

    /// Returns whether a stage starts from what is not known before the build, or does what we do
    /// not understand.
    pub fn is_unknown(&self, id: StageId) -> bool {
        self.stages[id].is_unknown
    }

    /// Returns the stage that this one starts from, unless that is an image.
    pub fn parent(&self, id: StageId) -> Option<StageId> {
        self.stages[id].parent
    }

    /// Returns the stages that this one reads: its parent, then by `--from`.
    pub fn needs(&self, id: StageId) -> impl Iterator<Item = StageId> {
        let Resolved { parent, reads, .. } = &self.stages[id];
        parent.iter().chain(reads).copied()
    }

    /// Returns the images and contexts that a stage refers to, without `scratch`.
    pub fn externals(&self, id: StageId) -> &[External] {
        &self.stages[id].externals
    }

    /// Returns the stages that building `target` runs, in the order of the file.
    pub fn needed(&self, target: StageId) -> BTreeSet<StageId> {
        let mut needed = BTreeSet::new();
        let mut open = vec![target];
        while let Some(id) = open.pop() {
            if needed.insert(id) {
                open.extend(self.needs(id));
            }
        }
        needed
    }

    /// Returns the arguments that stages declare which building `target` runs.
    pub fn declared(&self, target: StageId) -> BTreeSet<&'a str> {
        let needed = self.needed(target).into_iter();
        needed
            .flat_map(|id| self.stages[id].args.iter().copied())
            .collect()
    }

    /// Returns the secrets that steps mount which building `target` runs.
    pub fn secrets(&self, target: StageId) -> Ids {
        let stages = self.needed(target).into_iter();
        Ids::all(stages.map(|id| &self.stages[id].secrets))
    }

    /// Returns the ssh agents that steps mount which building `target` runs.
    pub fn ssh(&self, target: StageId) -> Ids {
        let stages = self.needed(target).into_iter();
        Ids::all(stages.map(|id| &self.stages[id].ssh))
    }

    /// Returns what building `target` reads from the build context.
    ///
    /// Targets that read the same can share one synchronised copy of the context in the engine;
    /// those that do not would overwrite each other's.
    pub fn context_paths(&self, target: StageId) -> ContextPaths {
        let mut paths = BTreeSet::new();
        for id in self.needed(target) {
            match &self.stages[id].context {
                ContextPaths::All => return ContextPaths::All,
                ContextPaths::Only(own) => paths.extend(own.iter().cloned()),
            }
        }
        ContextPaths::Only(paths)
    }

    /// Returns what is known of a variable at the end of a stage.
    pub fn variable(&self, id: StageId, name: &str) -> Variable {
        self.layers.at_end(id, name)
    }
}

#[cfg(test)]
mod tests;
