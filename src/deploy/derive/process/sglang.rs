//! SGLang.

use serde_json::Value;

use super::rank::Process;
use crate::deploy::argument::Arguments;
use crate::deploy::derive::shape::several;
use crate::deploy::file::{Role, Written as _};
use crate::deploy::member::PortUse;
use crate::docker::host::before_port;
use crate::launch::readiness::LOOPBACK;

pub(super) fn arguments(process: &Process<'_>, flags: &mut Arguments) {
    let (common, worker) = (process.common, process.worker);
    flags.add("--model-path", common.model_of(worker), "`model`");
    flags.add("--served-model-name", &common.model.served, "`served-name`");
    flags.add_some("--revision", common.model.revision.as_ref(), "`revision`");
    // SGLang's own flag, so that only the encoder of old versions has another spelling.
    let since = match worker.role {
        Role::Encode => (1, 3),
        Role::Aggregated | Role::Prefill | Role::Decode => (0, 0),
    };
    process.role(flags, old_role, since);
    shape(process, flags);
    nodes(process, flags);
    flags.add_some(
        "--mem-fraction-static",
        worker.table.memory.text(),
        "`memory`",
    );
    process.block_size(flags);
    transfer(process, flags);
    flags.add("--port", process.port(PortUse::Engine), "`ports`");
    process.kv_events(flags, &Value::Null);
    process.migration_limit(flags);
}

const fn old_role(role: Role) -> &'static str {
    match role {
        Role::Encode => "--multimodal-encode-worker",
        Role::Prefill | Role::Decode | Role::Aggregated => "--disaggregation-mode",
    }
}

fn shape(process: &Process<'_>, flags: &mut Arguments) {
    let shape = process.worker.shape;
    flags.add("--tp-size", shape.tp, "`tp`");
    flags.add_some("--pp-size", several(shape.pp), "`pp`");
    flags.add_some("--dp-size", several(shape.dp), "`dp`");
    flags.switch("--enable-dp-attention", shape.dp > 1, "`dp`");
    flags.add_some("--ep-size", shape.ep, "`ep`");
}

fn nodes(process: &Process<'_>, flags: &mut Arguments) {
    let worker = process.worker;
    if worker.nodes > 1 {
        flags.add("--nnodes", worker.nodes, "`nodes`");
        flags.add("--node-rank", process.rank, "the rank");
    }
    // Replicas on one machine would meet at SGLang's own port.
    if worker.nodes > 1 || worker.shape.dp > 1 {
        let host = match worker.nodes {
            1 => LOOPBACK,
            _ => &process.head,
        };
        let port = process.port(PortUse::Rendezvous);
        let address = format!("{}:{port}", before_port(host));
        flags.add("--dist-init-addr", address, "the machine of rank 0");
        flags.add("--nccl-port", process.port(PortUse::Nccl), "`ports`");
    }
}

fn transfer(process: &Process<'_>, flags: &mut Arguments) {
    let backend = process.transfers().then_some("nixl");
    flags.add_some("--disaggregation-transfer-backend", backend, "`role`");
    let is_prefill = process.worker.role == Role::Prefill;
    let port = is_prefill.then(|| process.port(PortUse::Bootstrap));
    flags.add_some("--disaggregation-bootstrap-port", port, "`ports`");
    let host = process.transfers().then_some("0.0.0.0");
    flags.add_some("--host", host, "prefill and decode reach each other");
}

pub(super) fn listens(process: &Process<'_>) -> Vec<PortUse> {
    let worker = process.worker;
    let mut purposes = Vec::new();
    purposes.extend((worker.role == Role::Prefill).then_some(PortUse::Bootstrap));
    if (worker.nodes > 1 || worker.shape.dp > 1) && process.rank == 0 {
        purposes.extend([PortUse::Nccl, PortUse::Rendezvous]);
    }
    purposes.push(PortUse::Engine);
    purposes.extend(process.publishes_events().then_some(PortUse::Events));
    purposes
}
