//! The engines: how each spells what is derived.

mod mocker;
mod sglang;
mod trtllm;
mod vllm;

use serde_json::{Map, Value};

use super::common::Common;
use super::planned::PlannedWorker;
use super::ports::Ports;
use crate::deploy::argument::{Argument, Variable};
use crate::deploy::file::Role;
use crate::deploy::finding::Finding;
use crate::deploy::member::PortUse;
use crate::suggest::closest;
use crate::toml_file::Located;

/// An engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::deploy) enum Engine {
    Vllm,
    Sglang,
    Trtllm,
    /// Dynamo's stand-in for an engine, which needs no GPU.
    Mocker,
}

impl Engine {
    pub(in crate::deploy) const ALL: [(&'static str, Self); 4] = [
        ("vllm", Self::Vllm),
        ("sglang", Self::Sglang),
        ("trtllm", Self::Trtllm),
        ("dynamo", Self::Mocker),
    ];

    /// Finds the engine of a framework.
    pub(in crate::deploy) fn find(framework: &Located<String>) -> Result<Self, Finding> {
        let word = match framework.value.to_lowercase().as_str() {
            "none" | "mocker" => "dynamo".to_owned(),
            "tensorrt-llm" | "tensorrtllm" => "trtllm".to_owned(),
            other => other.to_owned(),
        };
        let names = Self::ALL.map(|(name, _)| name);
        let found = Self::ALL.into_iter().find(|(name, _)| *name == word);
        found.map(|(_, engine)| engine).ok_or_else(|| {
            let hint = match closest(&word, names) {
                Some(similar) => format!("Did you mean `{similar}`?"),
                None => format!("Engines: `{}`", names.join("`, `")),
            };
            let message = format!("Unknown framework `{}`", framework.value);
            Finding::error(message).at(&framework.at).hint(hint)
        })
    }

    /// Returns the framework, as profiles call it.
    pub(in crate::deploy) const fn framework(self) -> &'static str {
        match self {
            Self::Vllm => "vllm",
            Self::Sglang => "sglang",
            Self::Trtllm => "trtllm",
            Self::Mocker => "dynamo",
        }
    }

    /// Returns the name that people use.
    pub(in crate::deploy) const fn title(self) -> &'static str {
        match self {
            Self::Vllm => "vLLM",
            Self::Sglang => "SGLang",
            Self::Trtllm => "TensorRT-LLM",
            Self::Mocker => "mocker",
        }
    }

    pub(in crate::deploy) const fn is_mocker(self) -> bool {
        matches!(self, Self::Mocker)
    }

    pub(super) const fn module(self) -> &'static str {
        match self {
            Self::Vllm => "dynamo.vllm",
            Self::Sglang => "dynamo.sglang",
            Self::Trtllm => "dynamo.trtllm",
            Self::Mocker => "dynamo.mocker",
        }
    }

    /// Returns whether data-parallel ranks are GPUs of their own.
    pub(in crate::deploy) const fn multiplies_data_parallel(self) -> bool {
        match self {
            Self::Vllm => true,
            Self::Sglang | Self::Trtllm | Self::Mocker => false,
        }
    }

    /// Returns the flag for the size of blocks, without dashes.
    pub(in crate::deploy) const fn block_size_flag(self) -> &'static str {
        match self {
            Self::Vllm | Self::Mocker => "block-size",
            Self::Sglang => "page-size",
            Self::Trtllm => "kv-block-size",
        }
    }

    /// Returns the block size of upstream's examples with a KV router.
    pub(super) const fn usual_block_size(self) -> u32 {
        match self {
            Self::Vllm | Self::Sglang | Self::Mocker => 64,
            Self::Trtllm => 32,
        }
    }

    /// Returns the flag that limits the longest request, without dashes.
    pub(in crate::deploy) const fn context_flag(self) -> &'static str {
        match self {
            Self::Vllm | Self::Mocker => "max-model-len",
            Self::Sglang => "context-length",
            Self::Trtllm => "max-seq-len",
        }
    }

    /// Returns keys of `args` that are no flags of the engine.
    pub(super) const fn own_keys(self) -> &'static [&'static str] {
        match self {
            Self::Trtllm => &[trtllm::ENGINE],
            Self::Vllm | Self::Sglang | Self::Mocker => &[],
        }
    }
}

/// The process of one rank of a replica.
pub(super) struct Process<'a> {
    pub(super) common: &'a Common<'a>,
    pub(super) worker: &'a PlannedWorker<'a>,
    pub(super) rank: u32,
    pub(super) ports: Ports,
    /// The address of rank 0.
    pub(super) head: String,
    /// The address to listen on, if it is not detected.
    pub(super) listen: Option<String>,
}

impl Process<'_> {
    pub(super) const fn engine(&self) -> Engine {
        self.common.started()
    }

    /// Returns the flags that are derived.
    pub(super) fn arguments(&self) -> Vec<Argument> {
        match self.engine() {
            Engine::Vllm => vllm::arguments(self),
            Engine::Sglang => sglang::arguments(self),
            Engine::Trtllm => trtllm::arguments(self),
            Engine::Mocker => mocker::arguments(self),
        }
    }

    /// Returns the variables that only this engine has.
    pub(super) fn environment(&self) -> Vec<Variable> {
        match self.engine() {
            Engine::Vllm => vllm::environment(self),
            Engine::Sglang | Engine::Trtllm | Engine::Mocker => Vec::new(),
        }
    }

    /// Returns what it listens on besides what all workers do.
    pub(super) fn listens(&self) -> Vec<PortUse> {
        match self.engine() {
            Engine::Vllm => vllm::listens(self),
            Engine::Sglang => sglang::listens(self),
            Engine::Trtllm => Vec::new(),
            Engine::Mocker => mocker::listens(self),
        }
    }

    /// Returns whether it gives its KV cache away or takes one.
    fn transfers(&self) -> bool {
        self.worker.role != Role::Aggregated
    }

    /// Returns whether frontends learn from it what is in its cache.
    fn publishes_events(&self) -> bool {
        self.common.has_kv_events() && matches!(self.worker.role, Role::Aggregated | Role::Prefill)
    }

    /// Returns the flag with which a worker publishes the events of its cache, if a router wants
    /// them; `further` are keys that only this engine has.
    fn kv_events<const N: usize>(&self, further: [(&str, Value); N]) -> Option<Argument> {
        self.publishes_events().then(|| {
            let endpoint = format!("tcp://*:{}", self.port(PortUse::Events));
            let mut events = Map::new();
            events.insert("publisher".to_owned(), "zmq".into());
            events.insert("topic".to_owned(), "kv-events".into());
            events.insert("endpoint".to_owned(), endpoint.into());
            events.extend(further.map(|(key, value)| (key.to_owned(), value)));
            let events = Value::Object(events);
            Argument::derived("--kv-events-config", [events], "`frontend.router`")
        })
    }

    fn port(&self, purpose: PortUse) -> u16 {
        self.ports.number(purpose)
    }

    /// Returns the flag of the worker's role, as the version of the image spells it.
    fn role(&self, old: impl Fn(Role) -> &'static str, since: (u64, u64)) -> Option<Argument> {
        let role = self.worker.role;
        let from = "`role`";
        if role == Role::Aggregated {
            return None;
        }
        if self.common.version.is_at_least(since.0, since.1) {
            return Some(Argument::derived(
                "--disaggregation-mode",
                [role.as_str()],
                from,
            ));
        }
        let none: [&str; 0] = [];
        Some(Argument::derived(
            old(role),
            none,
            "`role`, as this version of Dynamo spells it",
        ))
    }

    /// Returns the size of blocks, if frontends depend on it.
    fn block_size(&self) -> Option<Argument> {
        let size = self.common.block_size?;
        let flag = format!("--{}", self.engine().block_size_flag());
        Some(Argument::derived(
            &flag,
            [size],
            "frontends and workers must agree",
        ))
    }

    /// Before 1.0 the limit was the workers' business.
    fn migration_limit(&self) -> Option<Argument> {
        let limit = super::frontend::migration_limit(self.common)?;
        let from = "`frontend.migration-limit`, as this version of Dynamo spells it";
        let old = !self.common.version.is_at_least(1, 0);
        old.then(|| Argument::derived("--migration-limit", [limit], from))
    }
}

/// Returns the words that start a module of Dynamo.
pub(super) fn program(module: &str) -> Vec<Argument> {
    vec![Argument::derived("python3", ["-m", module], "`framework`")]
}
