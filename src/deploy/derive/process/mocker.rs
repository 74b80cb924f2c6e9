//! Dynamo's mocker: an engine without GPUs that plays the others.

use super::rank::Process;
use crate::deploy::argument::Arguments;
use crate::deploy::derive::engine::Engine;
use crate::deploy::derive::shape::several;
use crate::deploy::file::Role;
use crate::deploy::member::PortUse;

pub(super) fn arguments(process: &Process<'_>, flags: &mut Arguments) {
    let (common, worker) = (process.common, process.worker);
    flags.add("--model-path", common.model_of(worker), "`model`");
    flags.add("--model-name", &common.model.served, "`served-name`");
    process.role(flags, old_role, (1, 0));
    let is_prefill = worker.role == Role::Prefill;
    let port = is_prefill.then(|| process.port(PortUse::Bootstrap));
    flags.add_some("--bootstrap-ports", port, "`ports`");
    flags.add_some("--engine-type", plays(process), "`framework`");
    flags.add_some("--data-parallel-size", several(worker.shape.dp), "`dp`");
    process.block_size(flags);
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
