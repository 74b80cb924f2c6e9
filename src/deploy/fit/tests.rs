//! Every golden number of the reference data.

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::config::Config;
use super::groups::Groups;
use super::layers::Layer;
use super::model::Model;

fn directory() -> Option<PathBuf> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/models");
    if directory.exists() {
        return Some(directory);
    }
    println!("skipped: `{}` is not there", directory.display());
    None
}

fn golden(directory: &Path) -> Vec<Value> {
    let text = fs_err::read_to_string(directory.join("golden.json")).unwrap();
    let golden: Value = serde_json::from_str(&text).unwrap();
    golden["models"].as_array().unwrap().clone()
}

fn model(directory: &Path, file: &str) -> Model {
    let text = fs_err::read_to_string(directory.join(file)).unwrap();
    let quantization = directory.join(file.replace(".json", ".hf_quant_config.json"));
    let quantization = fs_err::read_to_string(quantization).ok();
    Model::of(Config::parse(&text).unwrap(), quantization.as_deref())
}

#[test]
fn caches_are_those_of_the_reference() {
    let Some(directory) = directory() else { return };
    let mut known = 0;
    for entry in golden(&directory) {
        let name = entry["model"].as_str().unwrap();
        let model = model(&directory, entry["file"].as_str().unwrap());
        let kv = &entry["kv"];
        let Some(cache) = &model.cache else {
            assert!(kv.is_null(), "{name} is known");
            continue;
        };
        assert!(!kv.is_null(), "{name} is not known");
        known += 1;
        let number = |key: &str| kv[key].as_u64();
        assert_eq!(
            Some(cache.per_token(1, 2)),
            number("bytes_per_token"),
            "{name}"
        );
        assert_eq!(
            Some(cache.per_sequence(32_768, 1, 2)),
            number("bytes_at_32768"),
            "{name}"
        );
        assert_eq!(cache.window(), number("window"), "{name}");
        if let Some(beyond) = number("bytes_per_token_beyond_window") {
            assert_eq!(cache.per_token_beyond_window(1, 2), beyond, "{name}");
        }
        for (tp, bytes) in kv["per_gpu_by_tp"].as_object().unwrap() {
            assert_eq!(
                Some(cache.per_token(tp.parse().unwrap(), 2)),
                bytes.as_u64(),
                "{name} at {tp}"
            );
        }
        if let Some(context) = model.config.context() {
            assert_eq!(entry["context"].as_u64(), Some(context), "{name}");
        }
    }
    assert_eq!(known, 43);
}

#[test]
fn parameters_are_those_of_the_reference() {
    let Some(directory) = directory() else { return };
    for entry in golden(&directory) {
        let name = entry["model"].as_str().unwrap();
        let model = model(&directory, entry["file"].as_str().unwrap());
        let expected = entry["parameters"]["main_model"].as_u64();
        assert_eq!(model.parameters.map(Groups::total), expected, "{name}");
    }
}

#[test]
fn published_sizes_are_reached() {
    let Some(directory) = directory() else { return };
    for entry in golden(&directory) {
        let published = &entry["kv"]["published"];
        let Some(tokens) = published["tokens"].as_u64() else {
            continue;
        };
        let cache = model(&directory, entry["file"].as_str().unwrap())
            .cache
            .unwrap();
        #[expect(clippy::cast_precision_loss, reason = "two decimals are compared")]
        let gib = cache.per_sequence(tokens, 1, 2) as f64 / f64::from(1 << 30);
        let difference = gib - published["GiB"].as_f64().unwrap();
        assert!(difference.abs() < 0.02, "{}: {gib}", entry["model"]);
    }
}

#[test]
fn an_fp8_cache_takes_half() {
    let Some(directory) = directory() else { return };
    let model = model(&directory, "nvidia--Llama-3.1-70B-Instruct-FP8.json");
    assert_eq!(model.element(None).map(|(bytes, _)| bytes), Some(1));
    assert_eq!(
        model.element(Some("bfloat16")).map(|(bytes, _)| bytes),
        Some(2)
    );
    assert_eq!(model.element(Some("strange")), None);
    assert!(
        model.weights.is_none(),
        "what is quantised cannot be computed"
    );
}

#[test]
fn a_strange_architecture_is_not_known() {
    let text = r#"{"model_type": "llama9", "hidden_size": 64, "num_attention_heads": 4, "num_hidden_layers": 2}"#;
    let model = Model::of(Config::parse(text).unwrap(), None);
    assert!(model.cache.is_none() && model.parameters.is_none() && model.weights.is_none());
}

#[test]
fn a_strange_layer_is_not_known() {
    let text = r#"{"model_type": "gpt_oss", "hidden_size": 64, "num_attention_heads": 4, "num_hidden_layers": 2,
        "layer_types": ["full_attention", "compressed_attention"]}"#;
    assert!(
        Model::of(Config::parse(text).unwrap(), None)
            .cache
            .is_none()
    );
}

#[test]
fn layers_without_attention_keep_nothing() {
    let text = r#"{"model_type": "nemotron_h", "hidden_size": 64, "num_attention_heads": 4,
        "num_hidden_layers": 4, "hybrid_override_pattern": "M-*E"}"#;
    let cache = Model::of(Config::parse(text).unwrap(), None).cache.unwrap();
    let kept = cache
        .layers()
        .iter()
        .filter(|layer| matches!(layer, Layer::Attention(..)));
    assert_eq!((kept.count(), cache.per_token(1, 2)), (1, 2 * 64 * 2));
}
