//! Which stages a target needs, and what these read from elsewhere.

use std::collections::{BTreeSet, HashMap};
use std::ops::Range;
use std::sync::Arc;

use super::StagesError;
use super::compose::Composition;
use super::fragment::Fragment;
use super::inputs::Inputs;
use super::part::stage_number;
use super::scope::{Below, GlobalScope, Layer, Layers};
use crate::dockerfile::{
    Arg, Copy, Instruction, Kind, Known, Mount, MountKind, Run, Stage, Variable, expand,
};
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
    /// Creates the graph for a build with these inputs.
    pub fn new(composition: &'a Composition, inputs: Inputs<'a>) -> Self {
        let escape = composition
            .parts()
            .first()
            .map_or('\\', |part| part.dockerfile.escape());
        let globals = composition.joined_globals();
        let mut by_name = HashMap::new();
        for (id, (_, stage)) in composition.stages().enumerate() {
            if let Some(name) = &stage.name {
                by_name.insert(name.value.to_lowercase(), id);
            }
        }
        let mut builder = Builder {
            inputs,
            escape,
            globals: GlobalScope::new(inputs, &globals, escape),
            graph: Self {
                stages: Vec::new(),
                by_name,
                layers: Layers::default(),
            },
            above: HashMap::new(),
        };
        for part in composition.parts() {
            for stage in &part.dockerfile.stages {
                builder.add(&part.fragment, stage, part.offset);
            }
        }
        builder.graph
    }

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

    /// Returns each chain of stages that ends where it begins.
    pub fn cycles(&self) -> Vec<Vec<StageId>> {
        let mut search = CycleSearch {
            graph: self,
            done: vec![false; self.stages.len()],
            places: HashMap::new(),
            path: Vec::new(),
            found: Vec::new(),
        };
        for id in 0..self.stages.len() {
            search.visit(id);
        }
        search.found
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

/// A search in depth, without recursion: chains of stages may be long.
struct CycleSearch<'a> {
    graph: &'a StageGraph<'a>,
    done: Vec<bool>,
    /// Where in the path a stage is.
    places: HashMap<StageId, usize>,
    path: Vec<(StageId, Vec<StageId>)>,
    found: Vec<Vec<StageId>>,
}

impl CycleSearch<'_> {
    fn visit(&mut self, start: StageId) {
        self.enter(start);
        while let Some((id, open)) = self.path.last_mut() {
            let id = *id;
            let Some(next) = open.pop() else {
                self.path.pop();
                self.places.remove(&id);
                continue;
            };
            match self.places.get(&next) {
                Some(place) => self.found.push(self.cycle(*place)),
                None => self.enter(next),
            }
        }
    }

    /// Returns the path from a place on, the first stage of the file first.
    fn cycle(&self, place: usize) -> Vec<StageId> {
        let mut cycle: Vec<_> = self.path[place..].iter().map(|(id, _)| *id).collect();
        let first = (0..cycle.len()).min_by_key(|at| cycle[*at]);
        cycle.rotate_left(first.unwrap_or(0));
        cycle
    }

    fn enter(&mut self, id: StageId) {
        if !std::mem::replace(&mut self.done[id], true) {
            self.places.insert(id, self.path.len());
            self.path.push((id, self.graph.needs(id).collect()));
        }
    }
}

/// A graph in the making.
struct Builder<'a> {
    inputs: Inputs<'a>,
    escape: char,
    globals: GlobalScope<'a>,
    graph: StageGraph<'a>,
    /// The stages so far by their names in lower case, which `FROM` does not change.
    above: HashMap<String, StageId>,
}

impl<'a> Builder<'a> {
    fn add(&mut self, fragment: &'a Arc<Fragment>, stage: &'a Stage, offset: usize) {
        let name = stage.name.as_ref().map(|name| name.value.to_lowercase());
        let is_context = |name: &String| self.inputs.contexts.contains_key(name);
        let mut resolved = Resolved {
            fragment,
            stage,
            image: None,
            parent: None,
            reads: Vec::new(),
            externals: Vec::new(),
            is_unknown: false,
            context: ContextPaths::Only(BTreeSet::new()),
            secrets: Ids::default(),
            ssh: Ids::default(),
            args: BTreeSet::new(),
        };
        // A context that takes the stage's place leaves nothing of it to run.
        let mut layer = self.graph.layers.start(Below::Image);
        if !name.as_ref().is_some_and(is_context) {
            layer = self.graph.layers.start(self.start(&mut resolved));
            let mut walk = Walk {
                builder: self,
                layer,
                resolved,
                offset,
            };
            walk.run();
            (layer, resolved) = (walk.layer, walk.resolved);
        }
        let id = self.graph.stages.len();
        self.graph.stages.push(resolved);
        self.graph.layers.push(layer);
        if let Some(name) = name {
            self.above.insert(name, id);
        }
    }

    /// Finds what a stage starts from.
    fn start(&self, resolved: &mut Resolved<'a>) -> Below {
        let written = &resolved.stage.image;
        let Some(image) = self.globals.expand(&written.value) else {
            resolved.is_unknown = true;
            return Below::Image;
        };
        let parent = self.above.get(&image).copied();
        resolved.parent = parent;
        resolved.image = Some(image.clone());
        match parent {
            Some(parent) => Below::Stage(parent),
            None if image == "scratch" => Below::Scratch,
            None => {
                resolved.externals.push(External {
                    name: image,
                    span: written.span.clone(),
                });
                Below::Image
            }
        }
    }
}

/// One stage, instruction by instruction.
struct Walk<'a, 'b> {
    builder: &'b Builder<'a>,
    layer: Layer,
    resolved: Resolved<'a>,
    offset: usize,
}

impl<'a> Walk<'a, '_> {
    fn run(&mut self) {
        // Triggers of the parent come first; those of its own parents do not come along.
        if let Some(parent) = self.resolved.parent {
            for instruction in &self.builder.graph.stages[parent].stage.instructions {
                if let Kind::OnBuild(trigger) = &instruction.kind {
                    self.step(trigger);
                }
            }
        }
        for instruction in &self.resolved.stage.instructions {
            self.step(instruction);
        }
    }

    fn step(&mut self, instruction: &'a Instruction) {
        match &instruction.kind {
            Kind::Arg(args) => {
                for arg in args {
                    self.declare(arg);
                }
            }
            Kind::Env(pairs) => {
                let known = |text: &str| self.expand(text).map_or(Variable::Unknown, Variable::Set);
                // All of them see what was before the instruction.
                let pairs: Vec<_> = pairs
                    .iter()
                    .map(|pair| (self.expand(&pair.name), known(&pair.value)))
                    .collect();
                for (name, value) in pairs {
                    match name {
                        Some(name) => self.layer.keep(name, value),
                        None => self.layer.forget(),
                    }
                }
            }
            Kind::Copy(copy) => self.copy(copy),
            Kind::Run(run) => self.mounts(run),
            Kind::Label(_) | Kind::OnBuild(_) | Kind::Words(_) | Kind::Kept => {}
            // Whatever it does, it may set variables and read the context.
            Kind::Unknown => {
                self.layer.forget();
                self.resolved.is_unknown = true;
                self.resolved.context = ContextPaths::All;
                self.resolved.secrets.others = true;
                self.resolved.ssh.others = true;
            }
        }
    }

    fn declare(&mut self, arg: &'a Arg) {
        self.resolved.args.insert(&arg.name);
        let given = self.builder.inputs.args.get(&arg.name);
        let value = match (given, &arg.default) {
            (Some(given), _) => Variable::Set(given.clone()),
            (None, Some(default)) => self
                .expand(default)
                .map_or(Variable::Unknown, Variable::Set),
            (None, None) => self.builder.globals.get(&arg.name),
        };
        // Without a value, what the stage starts from may have one.
        if value != Variable::Unset {
            self.layer.set(arg.name.clone(), value);
        }
    }

    fn get(&self, name: &str) -> Variable {
        self.builder.graph.layers.get(&self.layer, name)
    }

    fn expand(&self, text: &str) -> Option<String> {
        let expanded = expand(text, self.builder.escape, &|name| self.get(name)).ok()?;
        expanded.text
    }

    fn copy(&mut self, copy: &Copy) {
        if let Some(from) = &copy.from {
            let by_number = stage_number(&from.value).map(|number| self.offset + number);
            match by_number {
                Some(id) => self.resolved.reads.push(id),
                None => self.read(&from.value, &from.span),
            }
            return;
        }
        let sources = copy.sources.iter().map(|source| source.value.as_str());
        for source in sources {
            let path = self.expand(source);
            let is_download = |path: &String| copy.add && is_url(path);
            if !path.as_ref().is_some_and(is_download) {
                self.read_context(path.as_deref());
            }
        }
    }

    fn mounts(&mut self, run: &Run) {
        for mount in &run.mounts {
            let mounted = mount.resolve(&|text| self.expand(text));
            match mounted.kind {
                MountKind::Secret => {
                    let id = mounted.secret_id();
                    self.resolved.secrets.add(id, mounted.required);
                }
                MountKind::Ssh => {
                    self.resolved.ssh.add(mounted.ssh_id(), mounted.required);
                }
                MountKind::Unknown => {
                    self.resolved.secrets.others = true;
                    self.resolved.ssh.others = true;
                    self.resolved.context = ContextPaths::All;
                }
                MountKind::Bind if mounted.from.is_none() => match &mounted.source {
                    None => self.resolved.context = ContextPaths::All,
                    Some(source) => self.read_context(source.value()),
                },
                MountKind::Bind | MountKind::Cache | MountKind::Tmpfs => {}
            }
            self.read_mounted(mount);
        }
    }

    fn read_mounted(&mut self, mount: &Mount) {
        if let Some(from) = mount.from() {
            let (name, span) = (from.value.to_owned(), from.span);
            self.read(&name, &span);
        }
    }

    /// Notes a stage, image or context by its name. Variables have no place in it.
    fn read(&mut self, name: &str, span: &Range<usize>) {
        if let Some(id) = self.builder.graph.find(name) {
            self.resolved.reads.push(id);
        } else if !name.contains('$') && name != "scratch" {
            self.resolved.externals.push(External {
                name: name.to_owned(),
                span: span.clone(),
            });
        }
    }

    /// Notes a path of the context; `None` is one that is not known.
    fn read_context(&mut self, path: Option<&str>) {
        match (&mut self.resolved.context, path.and_then(clean)) {
            (ContextPaths::Only(paths), Some(path)) => drop(paths.insert(path)),
            (context, _) => *context = ContextPaths::All,
        }
    }
}

/// Returns whether `ADD` would download or clone this.
fn is_url(source: &str) -> bool {
    ["http://", "https://", "git@", "git://", "ssh://"]
        .iter()
        .any(|scheme| source.starts_with(scheme))
}

/// Returns a path relative to the context's root without `.` and `..`; `None` for the root itself.
fn clean(path: &str) -> Option<String> {
    let mut parts = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    (!parts.is_empty()).then(|| parts.join("/"))
}

#[cfg(test)]
mod tests;
