//! The architectures that are known.

use super::config::Config;

/// How the layers of a model differ from each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Layout {
    /// All attend alike; over a window if the model says one that is shorter than its context.
    Uniform,
    /// Multi-head latent attention: one compressed vector per token.
    Latent,
    /// `layer_types` names each layer.
    Named,
    /// One in N attends to everything, the others over a window.
    Sliding(u64),
    /// Every fourth attends to everything, the others within chunks.
    Chunked,
    /// `hybrid_layer_pattern` of `MiMo`: 1 slides, with heads of its own.
    Patterned,
    /// `hybrid_override_pattern` of Nemotron-H: a letter per layer.
    Lettered,
    /// `block_configs` of Nemotron's searched models: heads and width per layer.
    Blocks,
}

/// Biases of the projections of attention.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Bias {
    None,
    Inputs,
    All,
}

/// Norms of queries and keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum QueryNorm {
    None,
    PerHead,
    PerLayer,
}

/// Vectors that the router has in addition to its matrix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Router {
    Plain,
    /// A number per expert.
    Corrected,
    /// A number per expert, and biases within the experts.
    Biased,
}

/// What the number of a model's parameters depends on besides its sizes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Terms {
    pub(crate) bias: Bias,
    pub(crate) query_norm: QueryNorm,
    pub(crate) router: Router,
    /// Vectors of the hidden size that normalise a layer.
    pub(crate) norms: u64,
    /// Whether each head has an attention sink.
    pub(crate) sinks: bool,
    /// Whether the final norm and the output layer have biases.
    pub(crate) output_bias: bool,
    /// Whether an expert as wide as `intermediate_size` stands next to the routed ones.
    pub(crate) dense_expert: bool,
}

const PLAIN: Terms = Terms {
    bias: Bias::None,
    query_norm: QueryNorm::None,
    router: Router::Plain,
    norms: 2,
    sinks: false,
    output_bias: false,
    dense_expert: false,
};

const QUERY_NORM: Terms = Terms {
    query_norm: QueryNorm::PerHead,
    ..PLAIN
};

const INPUT_BIAS: Terms = Terms {
    bias: Bias::Inputs,
    ..PLAIN
};

const CORRECTED: Terms = Terms {
    router: Router::Corrected,
    ..PLAIN
};

const GPT_OSS: Terms = Terms {
    bias: Bias::All,
    router: Router::Biased,
    sinks: true,
    ..PLAIN
};

const PHI_MOE: Terms = Terms {
    bias: Bias::All,
    norms: 4,
    output_bias: true,
    ..PLAIN
};

/// One architecture. Only such as were checked are here: a formula that nearly fits is worse than
/// none, because nobody looks at the number again.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Family {
    pub(crate) layout: Layout,
    /// `None` where the cache is known but the number of parameters is not.
    pub(crate) terms: Option<Terms>,
}

impl Family {
    /// Returns the family of a model, or `None` if it is not known.
    pub(crate) fn of(config: &Config) -> Option<Self> {
        let (layout, terms) = match config.model_type()? {
            "llama" | "mistral" | "mixtral" | "phi3" => (Layout::Uniform, PLAIN),
            "qwen2" | "chatglm" => (Layout::Uniform, INPUT_BIAS),
            "qwen3" | "qwen3_moe" | "qwen3_vl_text" => (Layout::Uniform, QUERY_NORM),
            "phimoe" => (Layout::Uniform, PHI_MOE),
            "minimax_m2" => {
                let query_norm = QueryNorm::PerLayer;
                (
                    Layout::Uniform,
                    Terms {
                        query_norm,
                        ..CORRECTED
                    },
                )
            }
            "deepseek_v3" | "deepseek_v32" | "kimi_k2" | "glm_moe_dsa" => {
                (Layout::Latent, CORRECTED)
            }
            "qwen3_5_text" | "qwen3_5_moe_text" => (Layout::Named, QUERY_NORM),
            "gpt_oss" => (Layout::Named, GPT_OSS),
            "llama4_text" => (
                Layout::Chunked,
                Terms {
                    dense_expert: true,
                    ..PLAIN
                },
            ),
            "gemma2" => (Layout::Sliding(2), Terms { norms: 4, ..PLAIN }),
            "gemma3_text" => {
                let interval = config.number(&["sliding_window_pattern"]).unwrap_or(6);
                (
                    Layout::Sliding(interval),
                    Terms {
                        norms: 4,
                        ..QUERY_NORM
                    },
                )
            }
            "nemotron_h" => (Layout::Lettered, PLAIN),
            "nemotron-nas" => (Layout::Blocks, PLAIN),
            "gemma4_text" => return Some(Self::without_terms(Layout::Named)),
            "mimo_v2_flash" => return Some(Self::without_terms(Layout::Patterned)),
            _ => return None,
        };
        Some(Self {
            layout,
            terms: Some(terms),
        })
    }

    fn without_terms(layout: Layout) -> Self {
        Self {
            layout,
            terms: None,
        }
    }
}
