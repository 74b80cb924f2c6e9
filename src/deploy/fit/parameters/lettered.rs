//! Parameters of Nemotron-H: a letter per layer.

use crate::deploy::fit::config::Config;
use crate::deploy::fit::groups::Group::{Attention, Other, Replicated, Routed};
use crate::deploy::fit::groups::Groups;

pub(super) fn parameters(config: &Config) -> Option<Groups> {
    let hidden = config.hidden()?;
    let norm = Replicated.of(hidden);
    let letters = config.text("hybrid_override_pattern")?.chars();
    letters
        .map(|letter| Some(norm + layer(config, letter)?))
        .sum()
}

fn layer(config: &Config, letter: char) -> Option<Groups> {
    let hidden = config.hidden()?;
    match letter {
        '*' => {
            let heads = config.heads()? + config.kv_heads()?;
            Some(Attention.of(2 * hidden * heads * config.head_dim()?))
        }
        '-' => {
            let width = config.number(&["intermediate_size"])?;
            Some(Other.of(2 * hidden * width))
        }
        'E' => experts(config),
        'M' => state_space(config),
        _ => None,
    }
}

fn experts(config: &Config) -> Option<Groups> {
    let (hidden, experts) = (config.hidden()?, config.experts()?);
    let shared = config.number(&["moe_shared_expert_intermediate_size"])?
        * config.number(&["n_shared_experts"])?;
    let routed = experts * 2 * hidden * config.number(&["moe_intermediate_size"])?;
    let shared = Other.of(hidden * experts + 2 * hidden * shared);
    Some(Routed.of(routed) + shared + Replicated.of(experts))
}

/// A Mamba 2 layer.
fn state_space(config: &Config) -> Option<Groups> {
    let size = |key: &str| config.number(&[key]);
    let (hidden, heads) = (config.hidden()?, size("mamba_num_heads")?);
    let inner = heads * size("mamba_head_dim")?;
    let states = 2 * size("n_groups")? * size("ssm_state_size")?;
    let convolved = inner + states;
    let bias = if config.flag("use_conv_bias") == Some(true) {
        convolved
    } else {
        0
    };
    let matrices =
        hidden * (2 * inner + states + heads) + convolved * size("conv_kernel")? + inner * hidden;
    Some(Attention.of(matrices) + Replicated.of(bias + 3 * heads + inner))
}
