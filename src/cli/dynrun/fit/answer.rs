//! What is worked out, for people and for programs.

use clap::ValueEnum;

use crate::deploy::fit::budget::{Budget, Engine, Question, budget};
use crate::deploy::fit::elements::ElementSource;
use crate::deploy::fit::groups::Split;
use crate::deploy::fit::model::Model;
use crate::deploy::fit::share::Share;

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(in crate::cli::dynrun) enum EngineName {
    Vllm,
    Sglang,
    Trtllm,
}

/// Everything that is shown.
pub(super) struct Answer {
    pub(super) name: String,
    pub(super) model: Model,
    pub(super) context: u64,
    pub(super) element: (u64, ElementSource),
    pub(super) gpu: Option<Gpu>,
    pub(super) rows: Vec<Row>,
}

pub(super) struct Gpu {
    pub(super) name: String,
    pub(super) memory: u64,
    pub(super) engine: EngineName,
    pub(super) share: Share,
}

/// One size of a replica.
pub(super) struct Row {
    pub(super) tp: u64,
    pub(super) per_token: Option<u64>,
    pub(super) weights: Option<u64>,
    pub(super) budget: Option<Budget>,
}

impl EngineName {
    /// Returns the framework, as profiles call it.
    pub(in crate::cli::dynrun) const fn framework(self) -> &'static str {
        match self {
            Self::Vllm => "vllm",
            Self::Sglang => "sglang",
            Self::Trtllm => "trtllm",
        }
    }

    pub(in crate::cli::dynrun) fn engine(self) -> Engine {
        match self {
            Self::Vllm => Engine::Vllm,
            Self::Sglang => Engine::Sglang,
            Self::Trtllm => Engine::Trtllm,
        }
    }
}

impl Gpu {
    pub(super) fn question(&self, tp: u64, element: u64, context: u64) -> Question {
        Question {
            engine: self.engine.engine(),
            memory: self.memory,
            share: self.share.0,
            split: Split::tensor(tp),
            element,
            context,
        }
    }
}

impl Row {
    pub(super) fn new(model: &Model, tp: u64, element: u64, question: Option<Question>) -> Self {
        let weights = model.weights.as_ref();
        Self {
            tp,
            per_token: model
                .cache
                .as_ref()
                .map(|cache| cache.per_token(tp, element)),
            weights: weights.map(|weights| weights.bytes.per_gpu(Split::tensor(tp))),
            budget: question.and_then(|question| budget(model, question)),
        }
    }
}
