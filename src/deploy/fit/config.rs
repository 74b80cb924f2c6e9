//! `config.json` of a model.

use serde_json::Value;

/// What a model's `config.json` says of its language model.
///
/// A multimodal model keeps that in a table of its own; what the table leaves out is taken from the
/// outer one.
#[derive(Clone, Debug)]
pub(crate) struct Config {
    inner: Value,
    outer: Value,
}

impl Config {
    /// Reads the text of the file. Python writes `Infinity` and `NaN`, which JSON does not have;
    /// they are read as missing.
    pub(crate) fn parse(text: &str) -> Result<Self, serde_json::Error> {
        let outer: Value = match serde_json::from_str(text) {
            Err(_) => serde_json::from_str(&without_python_numbers(text))?,
            Ok(value) => value,
        };
        let inner = ["text_config", "language_config", "llm_config"]
            .iter()
            .find_map(|key| outer.get(key).filter(|table| table.is_object()))
            .unwrap_or(&outer)
            .clone();
        Ok(Self { inner, outer })
    }

    /// Returns `model_type` of the language model.
    pub(crate) fn model_type(&self) -> Option<&str> {
        self.text("model_type")
    }

    pub(crate) fn value(&self, key: &str) -> Option<&Value> {
        let said = |table: &'_ Value| table.get(key).is_some_and(|value| !value.is_null());
        let table = [&self.inner, &self.outer]
            .into_iter()
            .find(|table| said(table))?;
        table.get(key)
    }

    /// Returns the first of these keys that is a whole number.
    pub(crate) fn number(&self, keys: &[&str]) -> Option<u64> {
        keys.iter().find_map(|key| self.value(key)?.as_u64())
    }

    pub(crate) fn flag(&self, key: &str) -> Option<bool> {
        self.value(key)?.as_bool()
    }

    pub(crate) fn text(&self, key: &str) -> Option<&str> {
        self.value(key)?.as_str()
    }

    pub(crate) fn list(&self, key: &str) -> Option<&[Value]> {
        self.value(key)?.as_array().map(Vec::as_slice)
    }

    pub(crate) fn hidden(&self) -> Option<u64> {
        self.number(&["hidden_size"])
    }

    pub(crate) fn layer_count(&self) -> Option<u64> {
        self.number(&["num_hidden_layers", "num_layers"])
    }

    pub(crate) fn heads(&self) -> Option<u64> {
        self.number(&["num_attention_heads"])
    }

    pub(crate) fn kv_heads(&self) -> Option<u64> {
        let keys = ["num_key_value_heads", "multi_query_group_num"];
        self.number(&keys).or_else(|| self.heads())
    }

    /// Returns the width of a head. It is often not `hidden_size / num_attention_heads`.
    pub(crate) fn head_dim(&self) -> Option<u64> {
        let said = self.number(&["head_dim", "attention_head_dim", "kv_channels"]);
        said.or_else(|| self.hidden()?.checked_div(self.heads()?))
    }

    /// Returns the number of routed experts; `None` for a dense model.
    pub(crate) fn experts(&self) -> Option<u64> {
        self.number(&["n_routed_experts", "num_local_experts", "num_experts"])
    }

    /// Returns the longest sequence that the model was made for.
    pub(crate) fn context(&self) -> Option<u64> {
        self.number(&["max_position_embeddings", "seq_length"])
    }

    /// Returns the type that the weights are served in, such as `bfloat16`.
    pub(crate) fn dtype(&self) -> Option<&str> {
        ["torch_dtype", "dtype"]
            .iter()
            .find_map(|key| self.text(key))
    }

    /// Returns whether the output layer shares the weights of the embedding. Gemma's default is
    /// true, everybody else's that occurs here is false.
    pub(crate) fn tied(&self) -> bool {
        let gemma = self
            .model_type()
            .is_some_and(|name| name.starts_with("gemma"));
        self.flag("tie_word_embeddings").unwrap_or(gemma)
    }
}

/// Replaces Python's numbers outside of strings.
fn without_python_numbers(text: &str) -> String {
    let parts = text.split('"').enumerate().map(|(index, part)| {
        if index % 2 == 1 {
            return part.to_owned();
        }
        let part = part.replace("-Infinity", "null");
        part.replace("Infinity", "null").replace("NaN", "null")
    });
    parts.collect::<Vec<_>>().join("\"")
}

/// A model of 70 billion parameters with grouped heads, for tests.
#[cfg(test)]
pub(crate) const LLAMA_70B: &str = r#"{
    "model_type": "llama", "hidden_size": 8192, "intermediate_size": 28672,
    "num_attention_heads": 64, "num_key_value_heads": 8, "num_hidden_layers": 80,
    "vocab_size": 128256, "max_position_embeddings": 131072, "torch_dtype": "bfloat16"
}"#;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_language_model_of_a_multimodal_one_is_read() {
        let text = r#"{"model_type": "outer", "torch_dtype": "bfloat16", "hidden_size": 1,
            "text_config": {"model_type": "inner", "hidden_size": 64, "num_attention_heads": 4,
            "head_dim": null, "num_key_value_heads": 2}}"#;
        let config = Config::parse(text).unwrap();
        assert_eq!(config.model_type(), Some("inner"));
        assert_eq!((config.head_dim(), config.kv_heads()), (Some(16), Some(2)));
        assert_eq!(config.dtype(), Some("bfloat16"));
    }

    #[test]
    fn numbers_of_python_are_not_there() {
        let text = r#"{"a": [0.0, Infinity], "b": -Infinity, "c": NaN, "d": "Infinity"}"#;
        let config = Config::parse(text).unwrap();
        assert!(config.value("b").is_none() && config.value("c").is_none());
        assert_eq!(config.text("d"), Some("Infinity"));
        assert!(Config::parse("{").is_err());
    }
}
