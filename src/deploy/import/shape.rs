//! How many GPUs a worker has, and how they divide the work.

use super::draft::{Draft, text};
use super::part::{InputFlag, Part};
use super::tables::TableParts;
use crate::deploy::derive::Engine;

/// Sets the sizes of a worker that are not what they would be without a key.
pub(super) fn shape(worker: &TableParts<'_>, draft: &mut Draft) {
    let table = &worker.table;
    let part = worker.first();
    let engine = part.engine().unwrap_or(Engine::Vllm);
    let tp = worker.take_number(&["tensor-parallel-size", "tp-size"]);
    let pp = worker
        .take_number(&["pipeline-parallel-size", "pp-size"])
        .unwrap_or(1);
    let dp = worker
        .take_number(&["data-parallel-size", "dp-size"])
        .unwrap_or(1);
    worker.take(&["enable-dp-attention"]);
    worker.take(&["data-parallel-hybrid-lb"]);
    let experts = worker.take_number(&["ep-size", "expert-parallel-size"]);
    let ep = match worker.take(&["enable-expert-parallel"]) {
        Some(_) => experts.or(Some(tp.unwrap_or(1) * dp)),
        None => experts,
    };
    let dp = if attention(engine, part) {
        tp.unwrap_or(1)
    } else {
        dp
    };
    let others = if engine.multiplies_data_parallel() {
        pp * dp
    } else {
        pp
    };
    let is_mocker = engine.is_mocker();
    let stated = gpus(part).map(|count| count * worker.nodes);
    let gpus = stated.unwrap_or_else(|| tp.unwrap_or(1) * others);
    let usual = others;
    let size = |key, value: u32, usual: u32, draft: &mut Draft| {
        if value != usual {
            draft.set(table, key, value.to_string());
        }
    };
    if !is_mocker || stated.is_some() {
        size("gpus", gpus, usual.max(1), draft);
        let divided = gpus.checked_div(others).unwrap_or(1).max(1);
        size("tp", tp.unwrap_or(divided), divided, draft);
    }
    size("nodes", worker.nodes, 1, draft);
    size("pp", pp, 1, draft);
    size("dp", dp, 1, draft);
    if let Some(ep) = ep.filter(|ep| *ep > 1) {
        draft.set(table, "ep", ep.to_string());
    }
    if stated.is_none() && !is_mocker {
        let said = format!(
            "the number of GPUs of `{}` follows from its flags: {gpus}",
            part.name.value
        );
        draft.notes.add(part.at(), said);
    }
}

/// Returns how many GPUs a container has, also if they are chosen by a variable.
fn gpus(part: &Part) -> Option<u32> {
    let visible = part.variable("CUDA_VISIBLE_DEVICES");
    let visible = visible.and_then(|it| u32::try_from(it.value.split(',').count()).ok());
    part.gpus.count.or(visible)
}

/// TensorRT-LLM spreads the attention over its ranks by a key of its configuration.
fn attention(engine: Engine, part: &Part) -> bool {
    let flag = part.flag("override-engine-args").map(InputFlag::value);
    let value = flag.and_then(|text| serde_json::from_str::<serde_json::Value>(&text).ok());
    let is_on = value.is_some_and(|value| value["enable_attention_dp"] == true);
    engine == Engine::Trtllm && is_on
}

/// Finds workers on the same GPUs: the later one names the earlier one.
pub(super) fn share(workers: &[TableParts<'_>], draft: &mut Draft) {
    for (index, worker) in workers.iter().enumerate() {
        let ids = &worker.first().gpus.ids;
        let same = |other: &&TableParts<'_>| {
            let (one, two) = (worker.first(), other.first());
            !ids.is_empty() && one.machine == two.machine && one.gpus.ids == two.gpus.ids
        };
        let Some(owner) = workers[..index].iter().find(same) else {
            continue;
        };
        let name = owner.table.trim_start_matches("workers.");
        draft.set_text(&worker.table, "share", name);
        for table in [owner, worker] {
            memory(table, draft);
        }
    }
    let bytes = |worker: &&TableParts<'_>| worker.first().flag("kv-cache-memory-bytes").is_some();
    for worker in workers.iter().filter(bytes) {
        memory(worker, draft);
    }
}

/// Flags that say which share of a GPU's memory is taken.
pub(super) const FRACTIONS: [&str; 3] = [
    "gpu-memory-utilization",
    "mem-fraction-static",
    "free-gpu-memory-fraction",
];

/// Sets the share of the memory: bytes of the cache, or a fraction.
fn memory(table: &TableParts<'_>, draft: &mut Draft) {
    let bytes = table.take(&["kv-cache-memory-bytes"]);
    let fraction = table.take(&FRACTIONS);
    if let Some(memory) = bytes.or(fraction) {
        draft.set(&table.table, "memory", text(&memory.value));
    }
}
