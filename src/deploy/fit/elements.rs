//! Sizes of the elements of weights and caches.

use super::config::Config;

/// Why an element of the cache has the size that it has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ElementSource {
    /// It was asked for.
    Asked,
    /// `hf_quant_config.json` or the quantisation in `config.json` says so.
    Quantization,
    /// The type of the model's activations.
    Model,
}

/// Returns the bytes of an element of the cache and who says so; `None` for a type that is not
/// known.
pub(crate) fn cache_element(
    asked: Option<&str>,
    quantization: Option<&str>,
    config: &Config,
) -> Option<(u64, ElementSource)> {
    match (asked.filter(|name| *name != "auto"), quantization) {
        (Some(name), _) => Some((size(name)?, ElementSource::Asked)),
        (None, Some(name)) => Some((size(name)?, ElementSource::Quantization)),
        (None, None) => {
            // Weights in 32 bits are served in 16 unless somebody asks for more.
            let bytes = config.dtype().map_or(Some(2), size)?;
            Some((bytes.min(2), ElementSource::Model))
        }
    }
}

fn size(name: &str) -> Option<u64> {
    match name.to_ascii_lowercase().as_str() {
        "float32" | "fp32" => Some(4),
        "bfloat16" | "float16" | "bf16" | "fp16" | "half" => Some(2),
        "fp8" | "fp8_e4m3" | "fp8_e5m2" | "int8" => Some(1),
        _ => None,
    }
}
