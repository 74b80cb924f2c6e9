//! The making of the graph: every stage is walked instruction by instruction, its variables replaced.

use std::collections::{BTreeSet, HashMap};
use std::ops::Range;
use std::sync::Arc;

use super::{ContextPaths, External, Ids, Resolved, StageGraph, StageId};
use crate::dockerfile::{Arg, Copy, Instruction, Kind, MountKind, Run, Stage, Variable, expand};
use crate::plan::stages::compose::Composition;
use crate::plan::stages::fragment::Fragment;
use crate::plan::stages::inputs::Inputs;
use crate::plan::stages::part::stage_number;
use crate::plan::stages::scope::{Below, GlobalScope, Layer, Layers};

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
            if let Some(from) = mount.from() {
                self.read(from.value, &from.span);
            }
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
