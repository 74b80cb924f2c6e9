//! What fits on a GPU: four terms, of which one is an estimate.

use super::groups::Split;
use super::model::Model;

/// What an engine takes for activations, graphs and libraries. Measured by nobody for all models:
/// an estimate, and shown as one.
pub(crate) const OTHER: u64 = 3_584 << 20;

/// An engine, as far as it decides how memory is shared out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Engine {
    Vllm,
    Sglang,
    Trtllm,
}

impl Engine {
    /// Returns the engine's default share of memory, in thousandths. `SGLang` computes its own at
    /// start, near this one.
    pub(crate) fn usual_share(self) -> u64 {
        match self {
            Self::Vllm => 920,
            Self::Sglang => 880,
            Self::Trtllm => 900,
        }
    }
}

/// What is asked about.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Question {
    pub(crate) engine: Engine,
    /// Memory of one GPU in bytes.
    pub(crate) memory: u64,
    /// The engine's share of memory, in thousandths.
    pub(crate) share: u64,
    pub(crate) split: Split,
    /// Bytes of an element of the cache.
    pub(crate) element: u64,
    /// Tokens of a sequence.
    pub(crate) context: u64,
}

/// Bytes of one GPU.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Budget {
    pub(crate) usable: u64,
    pub(crate) weights: u64,
    /// An estimate.
    pub(crate) other: u64,
    /// What is left for the cache; `None` if the rest does not fit.
    pub(crate) cache: Option<u64>,
    /// Whole sequences of the asked length, at once.
    pub(crate) sequences: u64,
    pub(crate) tokens: u64,
}

/// Returns the budget of a GPU, or `None` if weights or cache of the model are not known.
pub(crate) fn budget(model: &Model, question: Question) -> Option<Budget> {
    let weights = model.weights.as_ref()?.bytes.per_gpu(question.split);
    let cache = model.cache.as_ref()?;
    let needed = weights + OTHER;
    let part = |bytes: u64| bytes / 1000 * question.share;
    // TensorRT-LLM's share is of what is free after loading, the others' of the whole.
    let (usable, left) = match question.engine {
        Engine::Vllm | Engine::Sglang => {
            let usable = part(question.memory);
            (usable, usable.checked_sub(needed))
        }
        Engine::Trtllm => {
            let left = question.memory.checked_sub(needed).map(part);
            (left.map_or(question.memory, |left| needed + left), left)
        }
    };
    // Attention that is whole on every GPU keeps all heads there.
    let tp = if question.split.dp_attention {
        1
    } else {
        question.split.tp
    };
    let context = question.context.max(1);
    let sequence = cache.per_sequence(context, tp, question.element);
    let per_gpu = sequence.div_ceil(question.split.pp.max(1));
    let whole = |amount: u64| {
        left.unwrap_or(0)
            .saturating_mul(amount)
            .checked_div(per_gpu)
    };
    Some(Budget {
        usable,
        weights,
        other: OTHER,
        cache: left,
        sequences: whole(1).unwrap_or(u64::MAX),
        tokens: whole(context).unwrap_or(u64::MAX),
    })
}
