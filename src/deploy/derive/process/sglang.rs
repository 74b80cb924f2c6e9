//! SGLang.

use super::rank::Process;
use crate::deploy::argument::Argument;
use crate::deploy::file::Role;
use crate::deploy::member::PortUse;
use crate::docker::host::before_port;

const NONE: [&str; 0] = [];

pub(super) fn arguments(process: &Process<'_>) -> Vec<Argument> {
    let (common, worker) = (process.common, process.worker);
    let source = common.model_of(worker);
    let served = [&common.model.served];
    let mut arguments = vec![
        Argument::derived("--model-path", [source], "`model`"),
        Argument::derived("--served-model-name", served, "`served-name`"),
    ];
    if let Some(revision) = &common.model.revision {
        arguments.push(Argument::derived("--revision", [revision], "`revision`"));
    }
    // SGLang's own flag, so that only the encoder of old versions has another spelling.
    arguments.extend(process.role(
        old_role,
        if worker.role == Role::Encode {
            (1, 3)
        } else {
            (0, 0)
        },
    ));
    arguments.extend(shape(process));
    arguments.extend(nodes(process));
    if let Some(memory) = &worker.table.memory {
        arguments.push(Argument::derived(
            "--mem-fraction-static",
            [&memory.value],
            "`memory`",
        ));
    }
    arguments.extend(process.block_size());
    arguments.extend(transfer(process));
    let port = [process.port(PortUse::Engine)];
    arguments.push(Argument::derived("--port", port, "`ports`"));
    arguments.extend(process.kv_events([]));
    arguments.extend(process.migration_limit());
    arguments
}

const fn old_role(role: Role) -> &'static str {
    match role {
        Role::Encode => "--multimodal-encode-worker",
        Role::Prefill | Role::Decode | Role::Aggregated => "--disaggregation-mode",
    }
}

fn shape(process: &Process<'_>) -> Vec<Argument> {
    let shape = process.worker.shape;
    let mut arguments = vec![Argument::derived("--tp-size", [shape.tp], "`tp`")];
    if shape.pp > 1 {
        arguments.push(Argument::derived("--pp-size", [shape.pp], "`pp`"));
    }
    if shape.dp > 1 {
        arguments.push(Argument::derived("--dp-size", [shape.dp], "`dp`"));
        arguments.push(Argument::derived("--enable-dp-attention", NONE, "`dp`"));
    }
    if let Some(ep) = shape.ep {
        arguments.push(Argument::derived("--ep-size", [ep], "`ep`"));
    }
    arguments
}

fn nodes(process: &Process<'_>) -> Vec<Argument> {
    let worker = process.worker;
    let mut arguments = Vec::new();
    if worker.nodes > 1 {
        arguments.push(Argument::derived("--nnodes", [worker.nodes], "`nodes`"));
        arguments.push(Argument::derived("--node-rank", [process.rank], "the rank"));
    }
    // Replicas on one machine would meet at SGLang's own port.
    if worker.nodes > 1 || worker.shape.dp > 1 {
        let host = if worker.nodes > 1 {
            &process.head
        } else {
            "127.0.0.1"
        };
        let address = format!(
            "{}:{}",
            before_port(host),
            process.port(PortUse::Rendezvous)
        );
        arguments.push(Argument::derived(
            "--dist-init-addr",
            [address],
            "the machine of rank 0",
        ));
        let nccl = [process.port(PortUse::Nccl)];
        arguments.push(Argument::derived("--nccl-port", nccl, "`ports`"));
    }
    arguments
}

fn transfer(process: &Process<'_>) -> Vec<Argument> {
    let mut arguments = Vec::new();
    if process.transfers() {
        let backend = ["nixl"];
        arguments.push(Argument::derived(
            "--disaggregation-transfer-backend",
            backend,
            "`role`",
        ));
    }
    if process.worker.role == Role::Prefill {
        let port = [process.port(PortUse::Bootstrap)];
        arguments.push(Argument::derived(
            "--disaggregation-bootstrap-port",
            port,
            "`ports`",
        ));
    }
    if process.transfers() {
        arguments.push(Argument::derived(
            "--host",
            ["0.0.0.0"],
            "prefill and decode reach each other",
        ));
    }
    arguments
}

pub(super) fn listens(process: &Process<'_>) -> Vec<PortUse> {
    let worker = process.worker;
    let mut purposes = vec![];
    purposes.extend((worker.role == Role::Prefill).then_some(PortUse::Bootstrap));
    if (worker.nodes > 1 || worker.shape.dp > 1) && process.rank == 0 {
        purposes.extend([PortUse::Nccl, PortUse::Rendezvous]);
    }
    purposes.push(PortUse::Engine);
    purposes.extend(process.publishes_events().then_some(PortUse::Events));
    purposes
}
