//! vLLM.

use serde_json::json;

use super::rank::Process;
use crate::deploy::argument::{Argument, Variable};
use crate::deploy::file::Role;
use crate::deploy::member::PortUse;
use crate::docker::size::ByteSize;

const NONE: [&str; 0] = [];

pub(super) fn arguments(process: &Process<'_>) -> Vec<Argument> {
    let (common, worker) = (process.common, process.worker);
    let source = common.model_of(worker);
    let mut arguments = vec![Argument::derived("--model", [&source], "`model`")];
    if common.model.served != source {
        let served = [&common.model.served];
        arguments.push(Argument::derived(
            "--served-model-name",
            served,
            "`served-name`",
        ));
    }
    if let Some(revision) = &common.model.revision {
        arguments.push(Argument::derived("--revision", [revision], "`revision`"));
    }
    arguments.extend(process.role(old_role, (1, 0)));
    arguments.extend(shape(process));
    arguments.extend(nodes(process));
    arguments.extend(memory(process));
    arguments.extend(process.block_size());
    if process.transfers() {
        let transfer = json!({ "kv_connector": "NixlConnector", "kv_role": "kv_both" });
        arguments.push(Argument::derived(
            "--kv-transfer-config",
            [transfer],
            "`role`",
        ));
    }
    // vLLM wants the switch next to the address.
    arguments.extend(process.kv_events([("enable_kv_cache_events", true.into())]));
    arguments.extend(process.migration_limit());
    arguments
}

const fn old_role(role: Role) -> &'static str {
    match role {
        Role::Prefill => "--is-prefill-worker",
        Role::Encode => "--multimodal-encode-worker",
        Role::Decode | Role::Aggregated => "--is-decode-worker",
    }
}

fn shape(process: &Process<'_>) -> Vec<Argument> {
    let shape = process.worker.shape;
    let mut arguments = Vec::new();
    if shape.tp > 1 || shape.dp > 1 {
        arguments.push(Argument::derived(
            "--tensor-parallel-size",
            [shape.tp],
            "`tp`",
        ));
    }
    if shape.pp > 1 {
        arguments.push(Argument::derived(
            "--pipeline-parallel-size",
            [shape.pp],
            "`pp`",
        ));
    }
    if shape.dp > 1 {
        let local = shape.dp / process.worker.nodes;
        arguments.push(Argument::derived("--data-parallel-hybrid-lb", NONE, "`dp`"));
        arguments.push(Argument::derived(
            "--data-parallel-size",
            [shape.dp],
            "`dp`",
        ));
        arguments.push(Argument::derived(
            "--data-parallel-size-local",
            [local],
            "`dp` and `nodes`",
        ));
        let start = [local * process.rank];
        arguments.push(Argument::derived(
            "--data-parallel-start-rank",
            start,
            "the rank",
        ));
    }
    if shape.ep.is_some() {
        arguments.push(Argument::derived("--enable-expert-parallel", NONE, "`ep`"));
    }
    arguments
}

fn nodes(process: &Process<'_>) -> Vec<Argument> {
    let worker = process.worker;
    if worker.nodes == 1 {
        return Vec::new();
    }
    let head = [&process.head];
    if worker.shape.dp > 1 {
        let port = [process.port(PortUse::DataParallel)];
        return vec![
            Argument::derived("--data-parallel-address", head, "the machine of rank 0"),
            Argument::derived("--data-parallel-rpc-port", port, "`ports`"),
        ];
    }
    let port = [process.port(PortUse::Rendezvous)];
    let mut arguments = vec![
        Argument::derived("--nnodes", [worker.nodes], "`nodes`"),
        Argument::derived("--node-rank", [process.rank], "the rank"),
        Argument::derived("--master-addr", head, "the machine of rank 0"),
        Argument::derived("--master-port", port, "`ports`"),
    ];
    if process.rank > 0 {
        arguments.push(Argument::derived("--headless", NONE, "the rank"));
    }
    arguments
}

/// Bytes are the cache alone, so that the fraction, which is checked first, must not stand in the way.
fn memory(process: &Process<'_>) -> Vec<Argument> {
    let Some(memory) = &process.worker.table.memory else {
        return Vec::new();
    };
    match memory.value.parse::<ByteSize>() {
        Ok(bytes) if !memory.value.contains('.') => vec![
            Argument::derived("--kv-cache-memory-bytes", [bytes.get()], "`memory`"),
            Argument::derived("--gpu-memory-utilization", ["0.01"], "`memory` in bytes"),
        ],
        _ => vec![Argument::derived(
            "--gpu-memory-utilization",
            [&memory.value],
            "`memory`",
        )],
    }
}

pub(super) fn environment(process: &Process<'_>) -> Vec<Variable> {
    let mut variables = vec![Variable::derived(
        "VLLM_PORT",
        process.ports.scratch(),
        "workers that look for free ports at once take the same",
    )];
    if process.transfers() {
        let port = process.port(PortUse::Nixl);
        variables.push(Variable::derived(
            "VLLM_NIXL_SIDE_CHANNEL_PORT",
            port,
            "`ports`",
        ));
        if let Some(address) = &process.listen {
            let from = "the machine's address";
            variables.push(Variable::derived(
                "VLLM_NIXL_SIDE_CHANNEL_HOST",
                address,
                from,
            ));
        }
    }
    variables
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
