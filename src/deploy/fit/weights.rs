//! Weights as they are stored: from the headers of the files, or from the index of the files.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::config::Config;
use super::error::FitError;
use super::groups::{Group, Groups};
use super::safetensors::{self, Tensor};
use crate::text_file;

/// What is stored of a model, in bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Weights {
    pub(crate) bytes: Groups,
    pub(crate) source: WeightsSource,
}

/// Where the sizes come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WeightsSource {
    /// The headers of this many files.
    Headers(usize),
    /// `total_size` of the index, because files are missing.
    Index,
    /// The number of parameters, because there are no files.
    Config,
}

const INDEX: &str = "model.safetensors.index.json";

/// Reads what a model's directory holds; `None` if there are no safetensors files.
pub(crate) fn stored(directory: &Path, config: &Config) -> Result<Option<Weights>, FitError> {
    let index = directory.join(INDEX);
    let files = if index.exists() {
        let index = read_index(&index)?;
        let files = shards(directory, &index);
        if files.iter().any(|file| !file.exists()) {
            return Ok(total_size(&index));
        }
        files
    } else {
        single_files(directory)?
    };
    if files.is_empty() {
        return Ok(None);
    }
    let mut bytes = Groups::default();
    for file in &files {
        let tensors = safetensors::header(file).map_err(|source| FitError::Read {
            path: file.clone(),
            source,
        })?;
        bytes = bytes + tensors.iter().map(|tensor| group(tensor, config)).sum();
    }
    Ok(Some(Weights {
        bytes,
        source: WeightsSource::Headers(files.len()),
    }))
}

fn read_index(path: &Path) -> Result<Value, FitError> {
    let read = || {
        let text = text_file::read(path, 64 << 20)?;
        Ok(serde_json::from_slice(&text)?)
    };
    read().map_err(|source| FitError::Read {
        path: path.to_owned(),
        source,
    })
}

fn shards(directory: &Path, index: &Value) -> Vec<PathBuf> {
    let map = index.get("weight_map").and_then(Value::as_object);
    let names = map
        .into_iter()
        .flat_map(|map| map.values())
        .filter_map(Value::as_str);
    // A name with a slash would lead elsewhere.
    let names: BTreeSet<_> = names.filter(|name| !name.contains('/')).collect();
    names.into_iter().map(|name| directory.join(name)).collect()
}

fn total_size(index: &Value) -> Option<Weights> {
    let total = index.pointer("/metadata/total_size")?.as_u64()?;
    let bytes = Group::Other.of(total);
    Some(Weights {
        bytes,
        source: WeightsSource::Index,
    })
}

/// Without an index: `model.safetensors`, else all of them. `consolidated.safetensors` holds the
/// same weights once more in another layout.
fn single_files(directory: &Path) -> Result<Vec<PathBuf>, FitError> {
    let usual = directory.join("model.safetensors");
    if usual.exists() {
        return Ok(vec![usual]);
    }
    let failed = |source| FitError::Read {
        path: directory.to_owned(),
        source,
    };
    let mut files = Vec::new();
    for entry in directory.read_dir().map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if name.ends_with(".safetensors") && !name.starts_with("consolidated") {
            files.push(path.clone());
        }
    }
    files.sort();
    Ok(files)
}

/// Parts of the names of tensors of attention.
const ATTENTION: [&str; 5] = [
    ".self_attn.",
    ".linear_attn.",
    ".attn.",
    ".attention.",
    ".mixer.",
];

/// Returns the bytes of a tensor where they belong; nothing for those that are not loaded.
fn group(tensor: &Tensor, config: &Config) -> Groups {
    let name = tensor.name.as_str();
    if beyond_last_layer(name, config) || (config.tied() && name.ends_with("lm_head.weight")) {
        return Groups::default();
    }
    // Weights in 32 bits are served in 16 where the whole model is stored so.
    let halved = tensor.dtype == "F32" && config.dtype() == Some("float32");
    let bytes = if halved {
        tensor.bytes / 2
    } else {
        tensor.bytes
    };
    let has = |part: &str| name.contains(part);
    let kind = if has(".experts.") {
        Group::Routed
    } else if ["embed_tokens", "lm_head", "embedding"]
        .iter()
        .any(|it| has(it))
    {
        Group::Embedding
    } else if tensor.dimensions < 2 {
        Group::Replicated
    } else if ATTENTION.iter().any(|part| has(part)) {
        Group::Attention
    } else {
        Group::Other
    };
    kind.of(bytes)
}

/// Layers that predict several tokens are stored behind the others, and loaded only for
/// speculative decoding.
fn beyond_last_layer(name: &str, config: &Config) -> bool {
    if name.starts_with("mtp.") {
        return true;
    }
    let number = name
        .split_once("layers.")
        .and_then(|(_, rest)| rest.split('.').next()?.parse().ok());
    let inside =
        name.starts_with("model.layers.") || name.starts_with("model.language_model.layers.");
    number.is_some_and(|number: u64| {
        inside && config.layer_count().is_some_and(|count| number >= count)
    })
}

#[cfg(test)]
mod tests {
    use test_case::test_case;

    use super::*;

    fn config() -> Config {
        Config::parse(r#"{"num_hidden_layers": 2, "tie_word_embeddings": true}"#).unwrap()
    }

    fn tensor(name: &str) -> Tensor {
        Tensor {
            name: name.to_owned(),
            dtype: "BF16".to_owned(),
            dimensions: 2,
            bytes: 10,
        }
    }

    #[test_case("model.layers.1.mlp.experts.7.up_proj.weight", Group::Routed.of(10))]
    #[test_case("model.layers.1.mlp.shared_experts.up_proj.weight", Group::Other.of(10))]
    #[test_case("model.layers.1.self_attn.q_proj.weight", Group::Attention.of(10))]
    #[test_case("model.embed_tokens.weight", Group::Embedding.of(10))]
    #[test_case("model.layers.2.mlp.up_proj.weight", Groups::default(); "a layer that predicts several tokens")]
    #[test_case("lm_head.weight", Groups::default(); "the output layer shares the embedding")]
    #[test_case("visual.blocks.7.layers.9.weight", Group::Other.of(10))]
    fn tensors_are_grouped_by_name(name: &str, expected: Groups) {
        assert_eq!(group(&tensor(name), &config()), expected);
    }

    #[test]
    fn vectors_are_on_every_gpu() {
        let norm = Tensor {
            dimensions: 1,
            ..tensor("model.layers.0.self_attn.q_norm.weight")
        };
        assert_eq!(group(&norm, &config()), Group::Replicated.of(10));
    }
}
