//! TensorRT-LLM.

use serde_json::{Map, Value, json};

use super::rank::Process;
use crate::deploy::argument::Arguments;
use crate::deploy::derive::engine::TRTLLM_ENGINE;
use crate::deploy::derive::shape::several;
use crate::deploy::file::{FlagArgs, FlagValue, Role, Written as _};

pub(super) fn arguments(process: &Process<'_>, flags: &mut Arguments) {
    let (common, worker) = (process.common, process.worker);
    flags.add("--model-path", common.model_of(worker), "`model`");
    flags.add("--served-model-name", &common.model.served, "`served-name`");
    // The flag is as old as the component.
    process.role(flags, |_| "--disaggregation-mode", (0, 0));
    let shape = worker.shape;
    flags.add("--tensor-parallel-size", shape.tp, "`tp`");
    flags.add_some("--pipeline-parallel-size", several(shape.pp), "`pp`");
    flags.add_some("--expert-parallel-size", shape.ep, "`ep`");
    let memory = worker.table.memory.text();
    flags.add_some("--free-gpu-memory-fraction", memory, "`memory`");
    process.block_size(flags);
    let flag = if common.version.is_at_least(1, 3) {
        "--publish-kv-events"
    } else {
        "--publish-events-and-metrics"
    };
    flags.switch(flag, process.publishes_events(), "`frontend.router`");
    engine(process, flags);
    process.migration_limit(flags);
}

/// The engine's configuration goes as a flag, so that no file must exist in the container.
fn engine(process: &Process<'_>, flags: &mut Arguments) {
    let mut engine = Map::new();
    if process.worker.shape.dp > 1 {
        engine.insert("enable_attention_dp".to_owned(), json!(true));
    }
    if matches!(process.worker.role, Role::Prefill | Role::Decode) {
        let backend = json!({ "backend": "DEFAULT" });
        engine.insert("cache_transceiver_config".to_owned(), backend);
    }
    if process.worker.role == Role::Prefill {
        // A prefill worker overlaps nothing: it generates one token.
        engine.insert("disable_overlap_scheduler".to_owned(), json!(true));
    }
    for args in [&process.common.file.all.args, &process.worker.table.args] {
        merge(&mut engine, args);
    }
    let value = (!engine.is_empty()).then_some(Value::Object(engine));
    let from = "`args.engine`, `role` and `dp`";
    flags.add_some("--override-engine-args", value, from);
}

fn merge(engine: &mut Map<String, Value>, args: &FlagArgs) {
    if let Some(written) = args.get(TRTLLM_ENGINE)
        && let FlagValue::Json(Value::Object(table)) = &written.value
    {
        engine.extend(table.clone());
    }
}
