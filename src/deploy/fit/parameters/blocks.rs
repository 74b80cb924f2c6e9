//! Parameters of Nemotron's searched models: heads and width per layer.

use serde_json::Value;

use crate::deploy::fit::config::Config;
use crate::deploy::fit::groups::Group::{Attention, Other, Replicated};
use crate::deploy::fit::groups::Groups;

pub(super) fn parameters(config: &Config) -> Option<Groups> {
    let blocks = config.list("block_configs")?.iter();
    let block = |block: &Value| {
        let attention = attention(config, block.get("attention")?)?;
        Some(attention + feed_forward(config, block.get("ffn")?)?)
    };
    blocks.map(block).sum()
}

fn is(table: &Value, key: &str) -> bool {
    table.get(key).and_then(Value::as_bool) == Some(true)
}

fn attention(config: &Config, table: &Value) -> Option<Groups> {
    if is(table, "no_op") {
        return Some(Groups::default());
    }
    let (hidden, heads) = (config.hidden()?, config.heads()?);
    let matrices = if is(table, "replace_with_linear") {
        hidden * hidden
    } else {
        let keys = heads.checked_div(table.get("n_heads_in_group")?.as_u64()?)?;
        2 * hidden * config.head_dim()? * (heads + keys)
    };
    Some(Attention.of(matrices) + Replicated.of(hidden))
}

/// The width is a multiple of 256, as the model's own code rounds it.
fn feed_forward(config: &Config, table: &Value) -> Option<Groups> {
    if is(table, "no_op") {
        return Some(Groups::default());
    }
    let hidden = config.hidden()?;
    if is(table, "replace_with_linear") {
        return Some(Other.of(hidden * hidden) + Replicated.of(hidden));
    }
    let width = two_thirds(table.get("ffn_mult")?.as_f64()?, hidden)?.next_multiple_of(256);
    Some(Other.of(3 * hidden * width) + Replicated.of(hidden))
}

/// Returns `2 * factor * hidden / 3`, rounded down.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "widths are far below 2^52, and the range is checked"
)]
fn two_thirds(factor: f64, hidden: u64) -> Option<u64> {
    let width = 2.0 * factor * hidden as f64 / 3.0;
    (0.0..1e9).contains(&width).then_some(width as u64)
}
