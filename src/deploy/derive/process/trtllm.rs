//! TensorRT-LLM.

use serde_json::{Map, Value, json};

use super::rank::Process;
use crate::deploy::argument::Argument;
use crate::deploy::derive::engine::TRTLLM_ENGINE;
use crate::deploy::file::{FlagArgs, FlagValue, Role};

pub(super) fn arguments(process: &Process<'_>) -> Vec<Argument> {
    let (common, worker) = (process.common, process.worker);
    let source = common.model_of(worker);
    let served = [&common.model.served];
    let mut arguments = vec![
        Argument::derived("--model-path", [source], "`model`"),
        Argument::derived("--served-model-name", served, "`served-name`"),
    ];
    // The flag is as old as the component.
    arguments.extend(process.role(|_| "--disaggregation-mode", (0, 0)));
    let shape = worker.shape;
    arguments.push(Argument::derived(
        "--tensor-parallel-size",
        [shape.tp],
        "`tp`",
    ));
    if shape.pp > 1 {
        arguments.push(Argument::derived(
            "--pipeline-parallel-size",
            [shape.pp],
            "`pp`",
        ));
    }
    if let Some(ep) = shape.ep {
        arguments.push(Argument::derived("--expert-parallel-size", [ep], "`ep`"));
    }
    if let Some(memory) = &worker.table.memory {
        let fraction = [&memory.value];
        arguments.push(Argument::derived(
            "--free-gpu-memory-fraction",
            fraction,
            "`memory`",
        ));
    }
    arguments.extend(process.block_size());
    if process.publishes_events() {
        let flag = if common.version.is_at_least(1, 3) {
            "--publish-kv-events"
        } else {
            "--publish-events-and-metrics"
        };
        let none: [&str; 0] = [];
        arguments.push(Argument::derived(flag, none, "`frontend.router`"));
    }
    arguments.extend(engine(process));
    arguments.extend(process.migration_limit());
    arguments
}

/// The engine's configuration goes as a flag, so that no file must exist in the container.
fn engine(process: &Process<'_>) -> Option<Argument> {
    let mut engine = Map::new();
    if process.worker.shape.dp > 1 {
        engine.insert("enable_attention_dp".to_owned(), json!(true));
    }
    if matches!(process.worker.role, Role::Prefill | Role::Decode) {
        engine.insert(
            "cache_transceiver_config".to_owned(),
            json!({ "backend": "DEFAULT" }),
        );
    }
    if process.worker.role == Role::Prefill {
        // A prefill worker overlaps nothing: it generates one token.
        engine.insert("disable_overlap_scheduler".to_owned(), json!(true));
    }
    for args in [&process.common.file.all.args, &process.worker.table.args] {
        merge(&mut engine, args);
    }
    let from = "`args.engine`, `role` and `dp`";
    let value = [Value::Object(engine)];
    let is_empty = value[0].as_object().is_some_and(Map::is_empty);
    (!is_empty).then(|| Argument::derived("--override-engine-args", value, from))
}

fn merge(engine: &mut Map<String, Value>, args: &FlagArgs) {
    if let Some(written) = args.get(TRTLLM_ENGINE)
        && let FlagValue::Json(Value::Object(table)) = &written.value
    {
        engine.extend(table.clone());
    }
}
