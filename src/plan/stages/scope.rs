//! Variables: what is known of them for `FROM` lines, and within a stage.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Mutex, PoisonError};

use super::globals::JoinedGlobal;
use super::inputs::Inputs;
use crate::docker::platform::Platform;
use crate::dockerfile::{Arg, Variable, expand};

/// What `FROM` lines see.
#[derive(Debug)]
pub(super) struct GlobalScope<'a> {
    given: &'a BTreeMap<String, String>,
    values: BTreeMap<String, Variable>,
    escape: char,
}

impl<'a> GlobalScope<'a> {
    /// Evaluates the declarations of the joined file in order.
    pub(super) fn new(inputs: Inputs<'a>, globals: &[JoinedGlobal<'_>], escape: char) -> Self {
        let mut scope = Self {
            given: inputs.args,
            values: automatic(inputs),
            escape,
        };
        for arg in globals.iter().flat_map(|global| &global.args) {
            if let Some(value) = scope.declared(arg) {
                scope.values.insert(arg.name.clone(), value);
            }
        }
        scope
    }

    fn declared(&self, arg: &Arg) -> Option<Variable> {
        if let Some(given) = self.given.get(&arg.name) {
            return Some(Variable::Set(given.clone()));
        }
        let default = arg.default.as_ref()?;
        Some(
            self.expand(default)
                .map_or(Variable::Unknown, Variable::Set),
        )
    }

    pub(super) fn get(&self, name: &str) -> Variable {
        self.values.get(name).cloned().unwrap_or(Variable::Unset)
    }

    /// Returns a text with variables replaced; `None` if it is not known, or BuildKit refuses it.
    pub(super) fn expand(&self, text: &str) -> Option<String> {
        let expanded = expand(text, self.escape, &|name| self.get(name)).ok()?;
        expanded.text
    }
}

/// Returns what BuildKit fills in itself.
fn automatic(inputs: Inputs<'_>) -> BTreeMap<String, Variable> {
    let platform = match inputs.platforms {
        [platform] => Some(platform.clone()),
        _ => None,
    };
    let target = platform.map(Platform::normalized);
    let of_target = |part: fn(&Platform) -> String| {
        target
            .as_ref()
            .map_or(Variable::Unknown, |target| Variable::Set(part(target)))
    };
    let mut values: BTreeMap<String, Variable> = AUTOMATIC
        .iter()
        .map(|name| ((*name).to_owned(), Variable::Unknown))
        .collect();
    values.insert("TARGETPLATFORM".into(), of_target(ToString::to_string));
    values.insert("TARGETOS".into(), of_target(|target| target.os.clone()));
    let architecture = of_target(|target| target.architecture.clone());
    values.insert("TARGETARCH".into(), architecture);
    for (name, value) in &mut values {
        if let Some(given) = inputs.args.get(name) {
            *value = Variable::Set(given.clone());
        }
    }
    values
}

/// Arguments that BuildKit fills in, for `FROM` lines and for the stages that declare them.
pub const AUTOMATIC: &[&str] = &[
    "BUILDARCH",
    "BUILDOS",
    "BUILDOSVERSION",
    "BUILDPLATFORM",
    "BUILDVARIANT",
    "TARGETARCH",
    "TARGETOS",
    "TARGETOSVERSION",
    "TARGETPLATFORM",
    "TARGETSTAGE",
    "TARGETVARIANT",
];

/// What a stage starts from, as far as its variables go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Below {
    /// The variables of another stage, at its end.
    Stage(usize),
    /// Those of an image, which nobody asks before the build.
    Image,
    /// None but the search path.
    Scratch,
}

/// The variables of one stage, over those of what it starts from.
#[derive(Debug)]
pub(super) struct Layer {
    /// What `ARG` and `ENV` set, in their order.
    own: HashMap<String, Variable>,
    /// What `ENV` set: stages that start from this one see that of a name, and not what an `ARG` made
    /// of it later.
    kept: HashMap<String, Variable>,
    below: Below,
    /// What is below all stages that it starts from.
    root: Root,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Root {
    Image,
    Scratch,
}

impl Root {
    fn get(self, name: &str) -> Variable {
        match self {
            Self::Scratch if name != "PATH" => Variable::Unset,
            Self::Scratch | Self::Image => Variable::Unknown,
        }
    }
}

impl Layer {
    pub(super) fn set(&mut self, name: String, value: Variable) {
        self.own.insert(name, value);
    }

    /// Sets a variable of the image.
    pub(super) fn keep(&mut self, name: String, value: Variable) {
        self.kept.insert(name.clone(), value.clone());
        self.set(name, value);
    }

    /// Notes that any variable may have been set.
    pub(super) fn forget(&mut self) {
        self.own.clear();
        self.kept.clear();
        self.below = Below::Image;
        self.root = Root::Image;
    }
}

/// A variable at the end of a stage, as stages see it that start from there.
#[derive(Clone, Debug)]
struct Found {
    value: Variable,
    is_kept: bool,
}

/// The variables of all stages so far.
#[derive(Debug, Default)]
pub(super) struct Layers {
    stages: Vec<Layer>,
    /// The names that any stage sets. Others need no look into each stage of a long chain.
    names: HashSet<String>,
    /// What was found at the end of stages, by name: the next stage of a chain looks no further.
    found: Mutex<HashMap<String, HashMap<usize, Found>>>,
}

impl Layers {
    pub(super) fn start(&self, below: Below) -> Layer {
        Layer {
            own: HashMap::new(),
            kept: HashMap::new(),
            below,
            root: match below {
                Below::Stage(id) => self.stages[id].root,
                Below::Image => Root::Image,
                Below::Scratch => Root::Scratch,
            },
        }
    }

    pub(super) fn push(&mut self, layer: Layer) {
        for name in layer.own.keys() {
            if !self.names.contains(name) {
                self.names.insert(name.clone());
            }
        }
        self.stages.push(layer);
    }

    /// Returns what is known of a variable at the end of a stage.
    pub(super) fn at_end(&self, id: usize, name: &str) -> Variable {
        self.get(&self.stages[id], name)
    }

    /// Returns what is known of a variable in a layer above some of these.
    pub(super) fn get(&self, layer: &Layer, name: &str) -> Variable {
        if let Some(value) = layer.own.get(name) {
            return value.clone();
        }
        match layer.below {
            Below::Stage(id) if self.names.contains(name) => self.inherited(id, name),
            Below::Stage(_) | Below::Image | Below::Scratch => layer.root.get(name),
        }
    }

    /// Returns what a stage has of a variable that starts from the stage `start`.
    fn inherited(&self, start: usize, name: &str) -> Variable {
        let mut found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        let known = found.entry(name.to_owned()).or_default();
        let found_as = |value: &Variable, is_kept| Found {
            value: value.clone(),
            is_kept,
        };
        let (mut at, mut nearest) = (start, None);
        let farther = loop {
            let layer = &self.stages[at];
            if let Some(found) = known.get(&at) {
                break found.clone();
            }
            if let Some(value) = layer.kept.get(name) {
                break found_as(value, true);
            }
            nearest = nearest.or_else(|| layer.own.get(name));
            match layer.below {
                Below::Stage(below) => at = below,
                Below::Image | Below::Scratch => break found_as(&layer.root.get(name), false),
            }
        };
        let end = match nearest {
            Some(value) if !farther.is_kept => found_as(value, false),
            Some(_) | None => farther,
        };
        known.insert(start, end.clone());
        end.value
    }
}
