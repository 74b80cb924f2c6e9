//! The processes of workers: how each engine spells what is derived.

mod mocker;
mod rank;
mod sglang;
mod trtllm;
mod vllm;

pub(super) use self::rank::Process;
use super::engine::Engine;
use crate::deploy::argument::{Argument, Variable};
use crate::deploy::member::PortUse;

impl Process<'_> {
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
}
