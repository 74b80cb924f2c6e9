//! The engines, and what is different of them.

use crate::deploy::finding::Finding;
use crate::suggest::closest;
use crate::toml_file::Located;

/// The key of `args` with what goes to TensorRT-LLM itself.
pub(super) const TRTLLM_ENGINE: &str = "engine";

/// An engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::deploy) enum Engine {
    Vllm,
    Sglang,
    Trtllm,
    /// Dynamo's stand-in for an engine, which needs no GPU.
    Mocker,
}

impl Engine {
    pub(in crate::deploy) const ALL: [(&'static str, Self); 4] = [
        ("vllm", Self::Vllm),
        ("sglang", Self::Sglang),
        ("trtllm", Self::Trtllm),
        ("dynamo", Self::Mocker),
    ];

    /// Finds the engine of a framework.
    pub(in crate::deploy) fn find(framework: &Located<String>) -> Result<Self, Finding> {
        let word = match framework.value.to_lowercase().as_str() {
            "none" | "mocker" => "dynamo".to_owned(),
            "tensorrt-llm" | "tensorrtllm" => "trtllm".to_owned(),
            other => other.to_owned(),
        };
        let names = Self::ALL.map(|(name, _)| name);
        let found = Self::ALL.into_iter().find(|(name, _)| *name == word);
        found.map(|(_, engine)| engine).ok_or_else(|| {
            let hint = match closest(&word, names) {
                Some(similar) => format!("Did you mean `{similar}`?"),
                None => format!("Engines: `{}`", names.join("`, `")),
            };
            let message = format!("Unknown framework `{}`", framework.value);
            Finding::error(message).at(&framework.at).hint(hint)
        })
    }

    /// Returns the framework, as profiles call it.
    pub(in crate::deploy) const fn framework(self) -> &'static str {
        match self {
            Self::Vllm => "vllm",
            Self::Sglang => "sglang",
            Self::Trtllm => "trtllm",
            Self::Mocker => "dynamo",
        }
    }

    /// Returns the name that people use.
    pub(in crate::deploy) const fn title(self) -> &'static str {
        match self {
            Self::Vllm => "vLLM",
            Self::Sglang => "SGLang",
            Self::Trtllm => "TensorRT-LLM",
            Self::Mocker => "mocker",
        }
    }

    pub(in crate::deploy) const fn is_mocker(self) -> bool {
        matches!(self, Self::Mocker)
    }

    pub(super) const fn module(self) -> &'static str {
        match self {
            Self::Vllm => "dynamo.vllm",
            Self::Sglang => "dynamo.sglang",
            Self::Trtllm => "dynamo.trtllm",
            Self::Mocker => "dynamo.mocker",
        }
    }

    /// Returns whether data-parallel ranks are GPUs of their own.
    pub(in crate::deploy) const fn multiplies_data_parallel(self) -> bool {
        match self {
            Self::Vllm => true,
            Self::Sglang | Self::Trtllm | Self::Mocker => false,
        }
    }

    /// Returns the flag for the size of blocks, without dashes.
    pub(in crate::deploy) const fn block_size_flag(self) -> &'static str {
        match self {
            Self::Vllm | Self::Mocker => "block-size",
            Self::Sglang => "page-size",
            Self::Trtllm => "kv-block-size",
        }
    }

    /// Returns the block size of upstream's examples with a KV router.
    pub(super) const fn usual_block_size(self) -> u32 {
        match self {
            Self::Vllm | Self::Sglang | Self::Mocker => 64,
            Self::Trtllm => 32,
        }
    }

    /// Returns the flag that limits the longest request, without dashes.
    pub(in crate::deploy) const fn context_flag(self) -> &'static str {
        match self {
            Self::Vllm | Self::Mocker => "max-model-len",
            Self::Sglang => "context-length",
            Self::Trtllm => "max-seq-len",
        }
    }

    /// Returns keys of `args` that are no flags of the engine.
    pub(super) const fn own_keys(self) -> &'static [&'static str] {
        match self {
            Self::Trtllm => &[TRTLLM_ENGINE],
            Self::Vllm | Self::Sglang | Self::Mocker => &[],
        }
    }
}
