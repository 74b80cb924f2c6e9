//! The process of one rank, and what every engine needs of it.

use serde_json::{Value, json};

use crate::deploy::argument::Arguments;
use crate::deploy::derive::common::Common;
use crate::deploy::derive::engine::Engine;
use crate::deploy::derive::planned::PlannedWorker;
use crate::deploy::derive::ports::Ports;
use crate::deploy::file::Role;
use crate::deploy::member::PortUse;

/// The process of one rank of a replica.
pub(in crate::deploy::derive) struct Process<'a> {
    pub(in crate::deploy::derive) common: &'a Common<'a>,
    pub(in crate::deploy::derive) worker: &'a PlannedWorker<'a>,
    pub(in crate::deploy::derive) rank: u32,
    pub(in crate::deploy::derive) ports: Ports,
    /// The address of rank 0.
    pub(in crate::deploy::derive) head: String,
    /// The address to listen on, if it is not detected.
    pub(in crate::deploy::derive) listen: Option<String>,
}

impl Process<'_> {
    pub(in crate::deploy::derive) const fn engine(&self) -> Engine {
        self.common.started()
    }

    /// Returns whether it gives its KV cache away or takes one.
    pub(super) fn transfers(&self) -> bool {
        self.worker.role != Role::Aggregated
    }

    /// Returns whether frontends learn from it what is in its cache.
    pub(super) fn publishes_events(&self) -> bool {
        self.common.has_kv_events() && matches!(self.worker.role, Role::Aggregated | Role::Prefill)
    }

    /// Adds the flag with which a worker publishes the events of its cache, if a router wants them;
    /// `own` has keys that only this engine knows.
    pub(super) fn kv_events(&self, flags: &mut Arguments, own: &Value) {
        if self.publishes_events() {
            let endpoint = format!("tcp://*:{}", self.port(PortUse::Events));
            let mut events =
                json!({ "publisher": "zmq", "topic": "kv-events", "endpoint": endpoint });
            for (key, value) in own.as_object().into_iter().flatten() {
                events[key] = value.clone();
            }
            flags.add("--kv-events-config", events, "`frontend.router`");
        }
    }

    pub(in crate::deploy::derive) fn port(&self, purpose: PortUse) -> u16 {
        self.ports.number(purpose)
    }

    /// Adds the flag of the worker's role, as the version of the image spells it.
    pub(super) fn role(
        &self,
        flags: &mut Arguments,
        old: impl Fn(Role) -> &'static str,
        (major, minor): (u64, u64),
    ) {
        let role = self.worker.role;
        if role == Role::Aggregated {
            return;
        }
        if self.common.version.is_at_least(major, minor) {
            flags.add("--disaggregation-mode", role, "`role`");
        } else {
            let from = "`role`, as this version of Dynamo spells it";
            flags.switch(old(role), true, from);
        }
    }

    /// Adds the size of blocks, if frontends depend on it.
    pub(super) fn block_size(&self, flags: &mut Arguments) {
        let flag = format!("--{}", self.engine().block_size_flag());
        let from = "frontends and workers must agree";
        flags.add_some(&flag, self.common.block_size, from);
    }

    /// Before 1.0 the limit was the workers' business.
    pub(super) fn migration_limit(&self, flags: &mut Arguments) {
        let is_old = !self.common.version.is_at_least(1, 0);
        let limit = self.common.migration_limit().filter(|_| is_old);
        let from = "`frontend.migration-limit`, as this version of Dynamo spells it";
        flags.add_some("--migration-limit", limit, from);
    }
}
