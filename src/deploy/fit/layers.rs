//! What each layer of a model keeps of a token.

use serde_json::Value;

use super::config::Config;
use super::family::{Family, Layout};

/// What a layer keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Layer {
    /// Keys and values per head.
    Attention(Heads, Reach),
    /// One vector of this many elements, the same on every GPU.
    Latent(u64),
    /// A state per sequence, whatever its length.
    Recurrent,
    /// Nothing: a layer of experts or of an MLP alone, or one that was taken out.
    Nothing,
}

/// Heads of one layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Heads {
    pub(crate) count: u64,
    /// Elements of a key and of a value together.
    pub(crate) width: u64,
}

/// How far back a layer attends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reach {
    All,
    Window(u64),
    /// Within chunks of this many tokens; an engine may keep all tokens.
    Chunk(u64),
}

/// Returns the layers of a model, or `None` if they are not known.
pub(crate) fn layers(config: &Config, family: Family) -> Option<Vec<Layer>> {
    let count = config.layer_count()?;
    match family.layout {
        Layout::Uniform => {
            let layer = Layer::Attention(usual(config)?, window_of_all(config));
            Some(vec![layer; usize::try_from(count).ok()?])
        }
        Layout::Latent => {
            let width = config.number(&["kv_lora_rank"])? + config.number(&["qk_rope_head_dim"])?;
            Some(vec![Layer::Latent(width); usize::try_from(count).ok()?])
        }
        Layout::Named => config
            .list("layer_types")?
            .iter()
            .map(|name| named(config, name))
            .collect(),
        Layout::Sliding(interval) => (0..count)
            .map(|index| sliding(config, index, interval))
            .collect(),
        Layout::Chunked => (0..count).map(|index| chunked(config, index)).collect(),
        Layout::Patterned => config
            .list("hybrid_layer_pattern")?
            .iter()
            .map(|slides| patterned(config, slides))
            .collect(),
        Layout::Lettered => config
            .text("hybrid_override_pattern")?
            .chars()
            .map(|letter| lettered(config, letter))
            .collect(),
        Layout::Blocks => config
            .list("block_configs")?
            .iter()
            .map(|block| of_block(config, block))
            .collect(),
    }
}

fn usual(config: &Config) -> Option<Heads> {
    heads(config.kv_heads()?, 2 * config.head_dim()?)
}

/// No heads and no width are a mistake in the file, not a model without a cache.
fn heads(count: u64, width: u64) -> Option<Heads> {
    (count > 0 && width > 0).then_some(Heads { count, width })
}

/// A window that is as long as the context limits nothing; Qwen's is switched off by a flag.
fn window_of_all(config: &Config) -> Reach {
    let window = config.number(&["sliding_window"]);
    let on = config.flag("use_sliding_window").unwrap_or(true);
    match window.filter(|window| on && config.context().is_none_or(|context| *window < context)) {
        Some(window) => Reach::Window(window),
        None => Reach::All,
    }
}

fn named(config: &Config, name: &Value) -> Option<Layer> {
    match name.as_str()? {
        "full_attention" => Some(Layer::Attention(global(config)?, Reach::All)),
        "sliding_attention" => {
            let window = config.number(&["sliding_window"])?;
            Some(Layer::Attention(usual(config)?, Reach::Window(window)))
        }
        "linear_attention" => Some(Layer::Recurrent),
        _ => None,
    }
}

/// Layers of Gemma 4 that attend to everything have heads of their own. Keys that are values too
/// (`attention_k_eq_v`) are counted twice, as an engine stores them.
fn global(config: &Config) -> Option<Heads> {
    let count = config.number(&["num_global_key_value_heads"]);
    let width = config.number(&["global_head_dim"]);
    match (count, width) {
        (Some(count), Some(width)) => heads(count, 2 * width),
        _ => usual(config),
    }
}

fn sliding(config: &Config, index: u64, interval: u64) -> Option<Layer> {
    let reach = if (index + 1).is_multiple_of(interval) {
        Reach::All
    } else {
        Reach::Window(config.number(&["sliding_window"])?)
    };
    Some(Layer::Attention(usual(config)?, reach))
}

fn chunked(config: &Config, index: u64) -> Option<Layer> {
    let reach = if (index + 1).is_multiple_of(4) {
        Reach::All
    } else {
        Reach::Chunk(config.number(&["attention_chunk_size"])?)
    };
    Some(Layer::Attention(usual(config)?, reach))
}

fn patterned(config: &Config, slides: &Value) -> Option<Layer> {
    let (count, key, value) = match slides.as_u64()? {
        0 => ("num_key_value_heads", "head_dim", "v_head_dim"),
        _ => ("swa_num_key_value_heads", "swa_head_dim", "swa_v_head_dim"),
    };
    let width = config.number(&[key])? + config.number(&[value])?;
    let reach = match slides.as_u64()? {
        0 => Reach::All,
        _ => Reach::Window(config.number(&["sliding_window"])?),
    };
    Some(Layer::Attention(
        heads(config.number(&[count])?, width)?,
        reach,
    ))
}

fn lettered(config: &Config, letter: char) -> Option<Layer> {
    match letter {
        '*' => Some(Layer::Attention(usual(config)?, Reach::All)),
        'M' => Some(Layer::Recurrent),
        'E' | '-' => Some(Layer::Nothing),
        _ => None,
    }
}

fn of_block(config: &Config, block: &Value) -> Option<Layer> {
    let attention = block.get("attention")?;
    let said = |key: &str| attention.get(key).and_then(Value::as_bool) == Some(true);
    if said("no_op") || said("replace_with_linear") {
        return Some(Layer::Nothing);
    }
    if attention
        .get("window_length")
        .is_some_and(|window| !window.is_null())
    {
        return None;
    }
    let group = attention.get("n_heads_in_group")?.as_u64()?;
    let count = config.heads()?.checked_div(group)?;
    Some(Layer::Attention(
        heads(count, 2 * config.head_dim()?)?,
        Reach::All,
    ))
}
