//! The number of parameters of a model, from its `config.json` alone.
//!
//! Only the language model is counted: no encoder of images, no layers that predict several tokens.

mod attention;
mod blocks;
mod feed_forward;
mod lettered;

use super::config::Config;
use super::family::{Family, Layout, Terms};
use super::groups::Group::{Embedding, Replicated};
use super::groups::Groups;
use super::layers::Layer;

/// Returns the parameters of a model, or `None` if its architecture or a size is not known.
pub(crate) fn parameters(config: &Config, family: Family, layers: &[Layer]) -> Option<Groups> {
    let terms = family.terms?;
    let inner = match family.layout {
        Layout::Lettered => lettered::parameters(config)?,
        Layout::Blocks => blocks::parameters(config)?,
        _ => usual(config, terms, layers)?,
    };
    Some(inner + outside(config, terms)?)
}

/// Embedding, output layer and the last norm.
fn outside(config: &Config, terms: Terms) -> Option<Groups> {
    let hidden = config.hidden()?;
    let vocabulary = config.number(&["vocab_size", "padded_vocab_size"]);
    // Configurations of Gemma 3 leave their class's default out.
    let gemma = (config.model_type()? == "gemma3_text").then_some(262_208);
    let vocabulary = vocabulary.or(gemma)?;
    let copies = if config.tied() { 1 } else { 2 };
    let bias = if terms.output_bias {
        hidden + vocabulary
    } else {
        0
    };
    Some(Embedding.of(copies * vocabulary * hidden) + Replicated.of(hidden + bias))
}

fn usual(config: &Config, terms: Terms, layers: &[Layer]) -> Option<Groups> {
    let norms = Replicated.of(terms.norms * config.hidden()?);
    let layer = |(index, layer)| {
        let attention = attention::parameters(config, terms, layer)?;
        Some(norms + attention + feed_forward::parameters(config, terms, index)?)
    };
    (0u64..).zip(layers.iter().copied()).map(layer).sum()
}
