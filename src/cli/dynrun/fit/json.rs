//! The answer for programs: bytes, and `null` for what is not known.

use serde_json::{Value, json};

use super::answer::{Answer, Row};
use crate::deploy::fit::groups::Groups;
use crate::deploy::fit::weights::WeightsSource;

pub(super) fn object(answer: &Answer) -> Value {
    let model = &answer.model;
    let weights = model.weights.as_ref().map(|weights| {
        let source = match weights.source {
            WeightsSource::Headers(_) => "headers",
            WeightsSource::Index => "index",
            WeightsSource::Config => "config",
        };
        json!({ "bytes": weights.bytes.total(), "source": source })
    });
    let cache = model.cache.as_ref().map(|cache| {
        json!({
            "element-bytes": answer.element.0,
            "bytes-per-token": cache.per_token(1, answer.element.0),
            "bytes-per-token-beyond-window": cache.per_token_beyond_window(1, answer.element.0),
            "window": cache.window(),
        })
    });
    json!({
        "model": answer.name,
        "architecture": model.config.model_type(),
        "context": answer.context,
        "parameters": model.parameters.map(Groups::total),
        "weights": weights,
        "cache": cache,
        "gpu": answer.gpu.as_ref().map(|gpu| json!({ "name": gpu.name, "bytes": gpu.memory, "fraction": gpu.share.to_string() })),
        "sizes": answer.rows.iter().map(row).collect::<Vec<_>>(),
    })
}

fn row(row: &Row) -> Value {
    let budget = row.budget.map(|budget| {
        json!({
            "usable": budget.usable,
            "weights": budget.weights,
            "other": { "bytes": budget.other, "estimate": true },
            "cache": budget.cache,
            "tokens": budget.tokens,
            "sequences": budget.sequences,
        })
    });
    json!({
        "gpus": row.tp,
        "weights-per-gpu": row.weights,
        "cache-per-token-and-gpu": row.per_token,
        "budget": budget,
    })
}
