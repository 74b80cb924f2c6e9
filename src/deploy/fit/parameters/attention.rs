//! Parameters of attention, and of what stands in its place.

use crate::deploy::fit::config::Config;
use crate::deploy::fit::family::{Bias, QueryNorm, Terms};
use crate::deploy::fit::groups::Group::{Attention, Replicated};
use crate::deploy::fit::groups::Groups;
use crate::deploy::fit::layers::Layer;

pub(super) fn parameters(config: &Config, terms: Terms, layer: Layer) -> Option<Groups> {
    match layer {
        Layer::Attention(..) => heads(config, terms),
        Layer::Latent(_) => latent(config),
        Layer::Recurrent => recurrent(config),
        Layer::Nothing => Some(Groups::default()),
    }
}

fn heads(config: &Config, terms: Terms) -> Option<Groups> {
    let hidden = config.hidden()?;
    let queries = config.heads()? * config.head_dim()?;
    let keys = config.kv_heads()? * config.head_dim()?;
    let gate = if config.flag("attn_output_gate") == Some(true) {
        hidden * queries
    } else {
        0
    };
    let bias = match terms.bias {
        Bias::None => 0,
        Bias::Inputs => queries + 2 * keys,
        Bias::All => queries + 2 * keys + hidden,
    };
    let norm = match terms.query_norm {
        QueryNorm::None => 0,
        QueryNorm::PerHead => 2 * config.head_dim()?,
        QueryNorm::PerLayer => queries + keys,
    };
    let sinks = if terms.sinks { config.heads()? } else { 0 };
    Some(Attention.of(2 * hidden * (queries + keys) + gate + bias + sinks) + Replicated.of(norm))
}

/// Multi-head latent attention, with the indexer of sparse attention where there is one.
fn latent(config: &Config) -> Option<Groups> {
    let size = |key: &str| config.number(&[key]);
    let (hidden, heads) = (config.hidden()?, config.heads()?);
    let (query, latent) = (size("q_lora_rank")?, size("kv_lora_rank")?);
    let (plain, rotated) = (size("qk_nope_head_dim")?, size("qk_rope_head_dim")?);
    let value = size("v_head_dim")?;
    let matrices = hidden * query
        + query * heads * (plain + rotated)
        + hidden * (latent + rotated)
        + latent * heads * (plain + value)
        + heads * value * hidden;
    let (indexer, indexer_norm) = match size("index_head_dim") {
        Some(width) => {
            let count = size("index_n_heads")?;
            (query * count * width + hidden * (width + count), 2 * width)
        }
        None => (0, 0),
    };
    Some(Attention.of(matrices + indexer) + Replicated.of(query + latent + indexer_norm))
}

/// Gated delta networks of Qwen3.5.
fn recurrent(config: &Config) -> Option<Groups> {
    let size = |key: &str| config.number(&[key]);
    let hidden = config.hidden()?;
    let keys = size("linear_num_key_heads")? * size("linear_key_head_dim")?;
    let (heads, width) = (
        size("linear_num_value_heads")?,
        size("linear_value_head_dim")?,
    );
    let values = heads * width;
    let convolution = (2 * keys + values) * size("linear_conv_kernel_dim")?;
    let projections = hidden * (2 * keys + 2 * values) + 2 * hidden * heads + values * hidden;
    Some(Attention.of(projections + convolution + 2 * heads) + Replicated.of(width))
}
