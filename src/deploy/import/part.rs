//! A container of the input, in the words that Compose and Kubernetes share.

use std::cell::Cell;

use super::note::Notes;
use super::yaml::Node;
use crate::deploy::derive::Engine;
use crate::toml_file::{Located, Location};

/// One container, or the like ones that a component has.
#[derive(Clone, Debug)]
pub(super) struct Part {
    /// Its name in the input.
    pub(super) name: Located<String>,
    /// The name without the number of the replica.
    pub(super) group: String,
    pub(super) replica: u32,
    pub(super) rank: u32,
    /// The machine, if the input has a file for each.
    pub(super) machine: Option<String>,
    pub(super) kind: PartKind,
    pub(super) image: Option<Located<String>>,
    /// The whole command.
    pub(super) words: Vec<String>,
    /// The words before the flags.
    pub(super) program: Vec<String>,
    pub(super) flags: Vec<InputFlag>,
    pub(super) env: Vec<InputVariable>,
    pub(super) replicas: u32,
    pub(super) nodes: u32,
    pub(super) gpus: InputGpus,
    /// `ADDRESS:HOST:CONTAINER`, as Compose publishes ports.
    pub(super) publish: Vec<Located<String>>,
    /// What `[run]` has a key for: the key and the value as TOML.
    pub(super) run: Vec<(&'static str, Located<String>)>,
    /// Directories of the machine, and where the container sees them.
    pub(super) binds: Vec<(String, String)>,
    /// Everything else: the key and the value in one spelling.
    pub(super) rest: Vec<(String, Located<String>)>,
    /// Files that are put into the container: path and text.
    pub(super) files: Vec<(String, String)>,
    /// What the format itself says about the role.
    pub(super) role: Option<&'static str>,
}

/// What a container is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PartKind {
    Frontend,
    Worker(Engine),
    Etcd,
    Nats,
    Other,
}

/// A flag with what follows it.
#[derive(Clone, Debug)]
pub(super) struct InputFlag {
    /// The name without dashes.
    pub(super) name: Located<String>,
    pub(super) values: Vec<String>,
    /// Whether it has one dash, which `args` cannot say.
    pub(super) is_short: bool,
    /// Whether a key of the deployment file says it.
    pub(super) is_said: Cell<bool>,
}

/// A variable of the environment.
#[derive(Clone, Debug)]
pub(super) struct InputVariable {
    pub(super) name: Located<String>,
    pub(super) value: String,
    pub(super) is_said: Cell<bool>,
}

/// The GPUs of a container.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct InputGpus {
    /// Numbers or UUIDs.
    pub(super) ids: Vec<String>,
    pub(super) count: Option<u32>,
}

impl Part {
    /// A container without anything.
    pub(super) fn new(name: Located<String>) -> Self {
        Self {
            group: name.value.clone(),
            name,
            replica: 0,
            rank: 0,
            machine: None,
            kind: PartKind::Other,
            image: None,
            words: Vec::new(),
            program: Vec::new(),
            flags: Vec::new(),
            env: Vec::new(),
            replicas: 1,
            nodes: 1,
            gpus: InputGpus::default(),
            publish: Vec::new(),
            run: Vec::new(),
            binds: Vec::new(),
            rest: Vec::new(),
            files: Vec::new(),
            role: None,
        }
    }

    pub(super) const fn engine(&self) -> Option<Engine> {
        match self.kind {
            PartKind::Worker(engine) => Some(engine),
            PartKind::Frontend | PartKind::Etcd | PartKind::Nats | PartKind::Other => None,
        }
    }

    /// Takes the command apart, a shell's as well, and sees by it what the container is.
    pub(super) fn set_command(&mut self, words: Vec<Located<String>>, notes: &mut Notes) {
        self.words = words.iter().map(|word| word.value.clone()).collect();
        let words = self.without_shell(words, notes);
        let words = without_launcher(words, notes);
        let is_flag = |word: &Located<String>| word.value.starts_with('-') && word.value != "-m";
        let split = words.iter().position(is_flag).unwrap_or(words.len());
        let (program, flags) = words.split_at(split);
        self.program = program.iter().map(|word| word.value.clone()).collect();
        self.flags = parse_flags(flags, notes);
        self.kind = self.kind_of();
        self.take_config(notes);
    }

    fn kind_of(&self) -> PartKind {
        let image = self.image.as_ref().map_or("", |image| image.as_str());
        let image = image.rsplit('/').next().unwrap_or_default();
        let image = image.split([':', '@']).next().unwrap_or_default();
        let program = self.program.first().map_or("", String::as_str);
        let program = program.rsplit('/').next().unwrap_or_default();
        let script = self.flags.iter().flat_map(|flag| &flag.values);
        let is_nats = script.clone().any(|word| word.contains("exec nats-server"));
        match self.module() {
            Some("frontend") => PartKind::Frontend,
            Some("vllm") => PartKind::Worker(Engine::Vllm),
            Some("sglang") => PartKind::Worker(Engine::Sglang),
            Some("trtllm") => PartKind::Worker(Engine::Trtllm),
            Some("mocker") => PartKind::Worker(Engine::Mocker),
            None if program == "etcd" || (image == "etcd" && program.is_empty()) => PartKind::Etcd,
            None if program == "nats-server" || is_nats || image == "nats" => PartKind::Nats,
            Some(_) | None => PartKind::Other,
        }
    }

    /// Returns the module of Dynamo that it runs.
    pub(super) fn module(&self) -> Option<&str> {
        let at = self.program.iter().position(|word| word == "-m")?;
        self.program.get(at + 1)?.strip_prefix("dynamo.")
    }

    /// Keeps what there is no key for, to compare it with what dynrun does.
    pub(super) fn remember(&mut self, key: &str, node: &Node) {
        let value = Located {
            value: node.canonical(),
            at: node.at.clone(),
        };
        self.rest.push((key.to_owned(), value));
    }

    pub(super) fn flag(&self, name: &str) -> Option<&InputFlag> {
        self.flags
            .iter()
            .find(|flag| flag.canonical(self.engine()) == name)
    }

    /// Sets a variable, which replaces the one of the same name.
    pub(super) fn set_variable(&mut self, name: Located<String>, value: String) {
        self.env.retain(|known| known.name.value != name.value);
        self.env.push(InputVariable::new(name, value));
    }

    pub(super) fn variable(&self, name: &str) -> Option<&InputVariable> {
        self.env.iter().find(|variable| variable.name.value == name)
    }

    /// Returns where something that the container sees is on the machine.
    pub(super) fn on_machine(&self, inside: &str) -> String {
        let bound = self.binds.iter().filter_map(|(source, target)| {
            let below = inside.strip_prefix(target.as_str())?;
            let is_below = below.is_empty() || below.starts_with('/');
            is_below.then(|| (target.len(), format!("{source}{below}")))
        });
        bound
            .max()
            .map_or_else(|| inside.to_owned(), |(_, path)| path)
    }

    /// Returns the place of the part.
    pub(super) const fn at(&self) -> &Location {
        &self.name.at
    }
}

impl InputVariable {
    pub(super) fn new(name: Located<String>, value: String) -> Self {
        Self {
            name,
            value,
            is_said: Cell::new(false),
        }
    }
}

impl InputFlag {
    /// A flag with two dashes.
    pub(super) fn new(name: Located<String>, values: Vec<String>) -> Self {
        Self {
            name,
            values,
            is_short: false,
            is_said: Cell::new(false),
        }
    }

    /// Returns the name that the engine's own flags are derived under.
    pub(super) fn canonical(&self, engine: Option<Engine>) -> String {
        let name = self.name.value.replace('_', "-");
        let same = match engine {
            Some(Engine::Vllm) => match name.as_str() {
                "tp" => "tensor-parallel-size",
                "pp" => "pipeline-parallel-size",
                "dp" => "data-parallel-size",
                "model-path" => "model",
                _ => return name,
            },
            Some(Engine::Sglang) => match name.as_str() {
                "tp" | "tensor-parallel-size" => "tp-size",
                "pp" | "pipeline-parallel-size" => "pp-size",
                "dp" | "data-parallel-size" => "dp-size",
                "ep" | "expert-parallel-size" => "ep-size",
                "model" => "model-path",
                _ => return name,
            },
            Some(Engine::Trtllm | Engine::Mocker) if name == "model" => "model-path",
            Some(Engine::Mocker) if name == "served-model-name" => "model-name",
            Some(Engine::Trtllm | Engine::Mocker) | None => return name,
        };
        same.to_owned()
    }

    /// Returns the flag as it was written.
    pub(super) fn spelled(&self) -> String {
        let dashes = if self.is_short { "-" } else { "--" };
        format!("{dashes}{}", self.name.value)
    }

    /// Returns whether neither a key nor `args` can say it.
    pub(super) fn is_unsayable(&self, engine: Option<Engine>) -> bool {
        self.is_short && self.canonical(engine) == self.name.value
    }

    /// Returns what follows it as one text.
    pub(super) fn value(&self) -> String {
        self.values.join(" ")
    }

    /// Returns whether two flags say the same; JSON may be spelled in several ways.
    pub(super) fn equals(&self, other: &Self) -> bool {
        let json = |text: &str| serde_json::from_str::<serde_json::Value>(text).ok();
        match (self.values.as_slice(), other.values.as_slice()) {
            ([one], [two]) if one.starts_with(['{', '[']) => {
                one == two || (json(one).is_some() && json(one) == json(two))
            }
            (one, two) => one == two,
        }
    }
}

/// Drops and notes what starts Python, such as `numactl --cpunodebind=0`.
fn without_launcher(mut words: Vec<Located<String>>, notes: &mut Notes) -> Vec<Located<String>> {
    let is_module =
        |pair: &[Located<String>]| pair[0].value == "-m" && pair[1].value.starts_with("dynamo.");
    let Some(module) = words.windows(2).position(is_module) else {
        return words;
    };
    let is_python = |word: &Located<String>| word.value.contains("python");
    let python = words[..module].iter().position(is_python).unwrap_or(module);
    let mut launcher: Vec<_> = words.drain(..python).collect();
    launcher.retain(|word| word.value != "exec");
    let strays = words.iter().skip(module - python + 2);
    let strays = strays
        .take_while(|word| !word.value.starts_with('-'))
        .cloned();
    for word in launcher.into_iter().chain(strays) {
        notes.lost(&word.at, format!("`{}` of the command", word.value));
    }
    words
}

/// Pairs flags with the words after them.
fn parse_flags(words: &[Located<String>], notes: &mut Notes) -> Vec<InputFlag> {
    let mut flags: Vec<InputFlag> = Vec::new();
    for word in words {
        let text = word.value.as_str();
        let is_number = text.parse::<f64>().is_ok();
        let is_short = !text.starts_with("--");
        let name = text.strip_prefix("--").or(text.strip_prefix('-'));
        let name = name.filter(|name| !is_number && !name.is_empty());
        match (name, flags.last_mut()) {
            (Some(name), _) => {
                let mut parts = name.splitn(2, '=').map(str::to_owned);
                let value = parts.next().unwrap_or_default();
                let at = word.at.clone();
                let mut flag = InputFlag::new(Located { value, at }, parts.collect());
                flag.is_short = is_short;
                flags.push(flag);
            }
            (None, Some(flag)) => flag.values.push(text.to_owned()),
            (None, None) => notes.lost(&word.at, format!("`{text}` of the command")),
        }
    }
    let mut kept: Vec<InputFlag> = Vec::new();
    for flag in flags {
        let same = |known: &&mut InputFlag| known.name.value == flag.name.value;
        if let Some(known) = kept.iter_mut().find(same) {
            let said = format!(
                "`--{}` is there twice: the last one is taken",
                flag.name.value
            );
            notes.add(&flag.name.at, said);
            *known = flag;
        } else {
            kept.push(flag);
        }
    }
    kept
}
