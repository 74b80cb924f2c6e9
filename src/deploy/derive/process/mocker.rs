//! Dynamo's mocker: an engine without GPUs that plays the others.

use super::rank::Process;
use crate::deploy::argument::Argument;
use crate::deploy::derive::engine::Engine;
use crate::deploy::file::Role;
use crate::deploy::member::PortUse;

pub(super) fn arguments(process: &Process<'_>) -> Vec<Argument> {
    let (common, worker) = (process.common, process.worker);
    let source = common.model_of(worker);
    let served = [&common.model.served];
    let mut arguments = vec![
        Argument::derived("--model-path", [source], "`model`"),
        Argument::derived("--model-name", served, "`served-name`"),
    ];
    arguments.extend(process.role(old_role, (1, 0)));
    if worker.role == Role::Prefill {
        let port = [process.port(PortUse::Bootstrap)];
        arguments.push(Argument::derived("--bootstrap-ports", port, "`ports`"));
    }
    if let Some(plays) = plays(process) {
        arguments.push(Argument::derived("--engine-type", [plays], "`framework`"));
    }
    if worker.shape.dp > 1 {
        let size = [worker.shape.dp];
        arguments.push(Argument::derived("--data-parallel-size", size, "`dp`"));
    }
    arguments.extend(process.block_size());
    arguments
}

/// The mocker has no encoder: a rehearsal of one answers like an aggregated worker.
const fn old_role(role: Role) -> &'static str {
    match role {
        Role::Prefill => "--is-prefill-worker",
        Role::Decode | Role::Encode | Role::Aggregated => "--is-decode-worker",
    }
}

/// Returns the engine that is played; without one, it is vLLM. As TensorRT-LLM, the mocker of 1.4 hands
/// no cache over from prefill to decode: every request fails.
fn plays(process: &Process<'_>) -> Option<&'static str> {
    let knows = process.common.version.is_at_least(1, 1);
    let hands_over = matches!(process.worker.role, Role::Prefill | Role::Decode);
    match process.common.engine {
        Engine::Sglang if knows => Some("sglang"),
        Engine::Trtllm if knows && !hands_over => Some("trtllm"),
        Engine::Vllm | Engine::Sglang | Engine::Trtllm | Engine::Mocker => None,
    }
}

pub(super) fn listens(process: &Process<'_>) -> Vec<PortUse> {
    (process.worker.role == Role::Prefill)
        .then_some(PortUse::Bootstrap)
        .into_iter()
        .collect()
}
