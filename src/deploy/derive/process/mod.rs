//! The processes of workers: how each engine spells what is derived.

mod mocker;
mod rank;
mod sglang;
mod trtllm;
mod vllm;

pub(super) use self::rank::Process;
use super::engine::Engine;
use crate::deploy::argument::{Arguments, Variables};
use crate::deploy::member::PortUse;

impl Process<'_> {
    /// Adds the flags that are derived.
    pub(super) fn arguments(&self, flags: &mut Arguments) {
        match self.engine() {
            Engine::Vllm => vllm::arguments(self, flags),
            Engine::Sglang => sglang::arguments(self, flags),
            Engine::Trtllm => trtllm::arguments(self, flags),
            Engine::Mocker => mocker::arguments(self, flags),
        }
    }

    /// Adds the variables that only this engine has.
    pub(super) fn environment(&self, variables: &mut Variables) {
        if self.engine() == Engine::Vllm {
            vllm::environment(self, variables);
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
