//! The programs and modules that people start, to find the one that was meant.

/// Programs that people start.
pub(super) const PROGRAMS: [&str; 12] = [
    "bash",
    "etcd",
    "nats-server",
    "nvidia-smi",
    "pip",
    "python",
    "python3",
    "sglang",
    "sh",
    "trtllm-serve",
    "uv",
    "vllm",
];

/// Modules that people start, as `python3 -m` takes them.
pub(super) const MODULES: [&str; 9] = [
    "dynamo.frontend",
    "dynamo.vllm",
    "dynamo.sglang",
    "dynamo.trtllm",
    "dynamo.mocker",
    "dynamo.planner",
    "dynamo.router",
    "sglang.launch_server",
    "vllm.entrypoints.openai.api_server",
];

/// Returns the framework whose image has the engine of a module or program.
pub(super) fn framework_of(name: &str) -> Option<&'static str> {
    match name.split('.').next()? {
        "vllm" => Some("vllm"),
        "sglang" | "sgl_kernel" => Some("sglang"),
        "tensorrt_llm" => Some("trtllm"),
        _ => None,
    }
}
