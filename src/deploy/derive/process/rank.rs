//! The process of one rank, and what every engine needs of it.

use serde_json::{Map, Value};

use crate::deploy::argument::Argument;
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

    /// Returns the flag with which a worker publishes the events of its cache, if a router wants
    /// them; `further` are keys that only this engine has.
    pub(super) fn kv_events<const N: usize>(
        &self,
        further: [(&str, Value); N],
    ) -> Option<Argument> {
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

    pub(super) fn port(&self, purpose: PortUse) -> u16 {
        self.ports.number(purpose)
    }

    /// Returns the flag of the worker's role, as the version of the image spells it.
    pub(super) fn role(
        &self,
        old: impl Fn(Role) -> &'static str,
        since: (u64, u64),
    ) -> Option<Argument> {
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
    pub(super) fn block_size(&self) -> Option<Argument> {
        let size = self.common.block_size?;
        let flag = format!("--{}", self.engine().block_size_flag());
        Some(Argument::derived(
            &flag,
            [size],
            "frontends and workers must agree",
        ))
    }

    /// Before 1.0 the limit was the workers' business.
    pub(super) fn migration_limit(&self) -> Option<Argument> {
        let limit = self.common.migration_limit()?;
        let from = "`frontend.migration-limit`, as this version of Dynamo spells it";
        let old = !self.common.version.is_at_least(1, 0);
        old.then(|| Argument::derived("--migration-limit", [limit], from))
    }
}
