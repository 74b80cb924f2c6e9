//! Parameters of the MLP of a layer, or of its experts.

use crate::deploy::fit::config::Config;
use crate::deploy::fit::family::{Router, Terms};
use crate::deploy::fit::groups::Group::{Other, Replicated, Routed};
use crate::deploy::fit::groups::Groups;

pub(super) fn parameters(config: &Config, terms: Terms, layer: u64) -> Option<Groups> {
    let dense_layers = config.number(&["first_k_dense_replace"]).unwrap_or(0);
    let hidden = config.hidden()?;
    match config.experts().filter(|_| layer >= dense_layers) {
        Some(experts) => mixture(config, terms, experts),
        None => Some(Other.of(3 * hidden * width(config)?)),
    }
}

fn width(config: &Config) -> Option<u64> {
    config.number(&["intermediate_size", "ffn_hidden_size"])
}

fn mixture(config: &Config, terms: Terms, experts: u64) -> Option<Groups> {
    let hidden = config.hidden()?;
    let expert = config
        .number(&["moe_intermediate_size"])
        .or_else(|| width(config))?;
    let (router, biases) = match terms.router {
        Router::Plain => (0, 0),
        Router::Corrected => (experts, 0),
        Router::Biased => (experts, experts * (2 * expert + hidden)),
    };
    let chosen = Routed.of(experts * 3 * hidden * expert + biases);
    let shared = Other.of(hidden * experts + shared(config, terms, expert)?);
    Some(chosen + shared + Replicated.of(router))
}

/// Experts that every token passes.
fn shared(config: &Config, terms: Terms, expert: u64) -> Option<u64> {
    let hidden = config.hidden()?;
    let counted = config.number(&["n_shared_experts"]).unwrap_or(0) * 3 * hidden * expert;
    // With a gate of its own.
    let gated = config.number(&["shared_expert_intermediate_size"]);
    let gated = gated.filter(|width| *width > 0);
    let gated = gated.map_or(0, |width| 3 * hidden * width + hidden);
    let dense = if terms.dense_expert {
        3 * hidden * width(config)?
    } else {
        0
    };
    Some(counted + gated + dense)
}
