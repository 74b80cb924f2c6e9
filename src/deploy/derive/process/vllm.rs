//! vLLM.

use serde_json::json;

use super::rank::Process;
use crate::deploy::argument::{Arguments, Variables};
use crate::deploy::derive::shape::several;
use crate::deploy::file::{Role, Written as _};
use crate::deploy::member::PortUse;
use crate::docker::size::ByteSize;

pub(super) fn arguments(process: &Process<'_>, flags: &mut Arguments) {
    let (common, worker) = (process.common, process.worker);
    let source = common.model_of(worker);
    flags.add("--model", &source, "`model`");
    let served = Some(&common.model.served).filter(|served| **served != source);
    flags.add_some("--served-model-name", served, "`served-name`");
    flags.add_some("--revision", common.model.revision.as_ref(), "`revision`");
    process.role(flags, old_role, (1, 0));
    shape(process, flags);
    nodes(process, flags);
    memory(process, flags);
    process.block_size(flags);
    if process.transfers() {
        let transfer = json!({ "kv_connector": "NixlConnector", "kv_role": "kv_both" });
        flags.add("--kv-transfer-config", transfer, "`role`");
    }
    // vLLM wants the switch next to the address.
    process.kv_events(flags, &json!({ "enable_kv_cache_events": true }));
    process.migration_limit(flags);
}

const fn old_role(role: Role) -> &'static str {
    match role {
        Role::Prefill => "--is-prefill-worker",
        Role::Encode => "--multimodal-encode-worker",
        Role::Decode | Role::Aggregated => "--is-decode-worker",
    }
}

fn shape(process: &Process<'_>, flags: &mut Arguments) {
    let shape = process.worker.shape;
    let tp = Some(shape.tp).filter(|tp| *tp > 1 || shape.dp > 1);
    flags.add_some("--tensor-parallel-size", tp, "`tp`");
    flags.add_some("--pipeline-parallel-size", several(shape.pp), "`pp`");
    if shape.dp > 1 {
        let local = shape.dp / process.worker.nodes;
        flags.switch("--data-parallel-hybrid-lb", true, "`dp`");
        flags.add("--data-parallel-size", shape.dp, "`dp`");
        flags.add("--data-parallel-size-local", local, "`dp` and `nodes`");
        let start = local * process.rank;
        flags.add("--data-parallel-start-rank", start, "the rank");
    }
    flags.switch("--enable-expert-parallel", shape.ep.is_some(), "`ep`");
}

fn nodes(process: &Process<'_>, flags: &mut Arguments) {
    let (worker, head) = (process.worker, &process.head);
    if worker.nodes == 1 {
        return;
    }
    if worker.shape.dp > 1 {
        let port = process.port(PortUse::DataParallel);
        flags.add("--data-parallel-address", head, "the machine of rank 0");
        flags.add("--data-parallel-rpc-port", port, "`ports`");
    } else {
        let port = process.port(PortUse::Rendezvous);
        flags.add("--nnodes", worker.nodes, "`nodes`");
        flags.add("--node-rank", process.rank, "the rank");
        flags.add("--master-addr", head, "the machine of rank 0");
        flags.add("--master-port", port, "`ports`");
        flags.switch("--headless", process.rank > 0, "the rank");
    }
}

/// Bytes are the cache alone, so that the fraction, which is checked first, must not stand in the way.
fn memory(process: &Process<'_>, flags: &mut Arguments) {
    let Some(memory) = process.worker.table.memory.text() else {
        return;
    };
    match memory.parse::<ByteSize>() {
        Ok(bytes) if !memory.contains('.') => {
            flags.add("--kv-cache-memory-bytes", bytes.get(), "`memory`");
            flags.add("--gpu-memory-utilization", "0.01", "`memory` in bytes");
        }
        _ => flags.add("--gpu-memory-utilization", memory, "`memory`"),
    }
}

pub(super) fn environment(process: &Process<'_>, variables: &mut Variables) {
    let from = "workers that look for free ports at once take the same";
    variables.add("VLLM_PORT", process.ports.scratch(), from);
    if process.transfers() {
        let port = process.port(PortUse::Nixl);
        variables.add("VLLM_NIXL_SIDE_CHANNEL_PORT", port, "`ports`");
        let (address, from) = (process.listen.as_ref(), "the machine's address");
        variables.add_some("VLLM_NIXL_SIDE_CHANNEL_HOST", address, from);
    }
}

pub(super) fn listens(process: &Process<'_>) -> Vec<PortUse> {
    let mut purposes = Vec::new();
    let worker = process.worker;
    if worker.nodes > 1 && process.rank == 0 {
        let is_dp = worker.shape.dp > 1;
        purposes.push(if is_dp {
            PortUse::DataParallel
        } else {
            PortUse::Rendezvous
        });
    }
    purposes.extend(process.publishes_events().then_some(PortUse::Events));
    purposes.extend(process.transfers().then_some(PortUse::Nixl));
    purposes
}
