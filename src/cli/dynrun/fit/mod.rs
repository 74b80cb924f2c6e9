//! `dynrun fit`: whether a model fits, and how many tokens.

mod answer;
mod json;
mod text;

use std::path::PathBuf;

use clap::{Parser, ValueEnum};

pub(super) use self::answer::EngineName;
use self::answer::{Answer, Gpu, Row};
use super::model::below_home;
use super::verb::Verb;
use crate::cli::edge::Edge;
use crate::cli::exit::Exit;
use crate::cli::output;
use crate::deploy::fit::gpu;
use crate::deploy::fit::locate::locate;
use crate::deploy::fit::model::Model;
use crate::deploy::fit::share::Share;
use crate::problem::{Problem, Problems};

/// Sizes of a replica that are shown.
const SIZES: [u64; 4] = [1, 2, 4, 8];

/// Show the memory that a model needs: weights, KV cache, and what fits on a GPU
///
/// Reads `config.json`, `hf_quant_config.json` and the headers of the safetensors files in a
/// directory or in the Hugging Face cache; nothing is downloaded. An architecture that is not known
/// is reported as such.
#[derive(Debug, Parser)]
pub(super) struct Fit {
    /// Directory of the model, or its Hugging Face id
    #[arg(long, value_name = "DIR|ID")]
    model: String,
    /// GPU to fit into: a name such as h100, or its memory such as 80g
    #[arg(long, value_name = "NAME|SIZE")]
    gpu: Option<String>,
    /// Engine that serves the model
    #[arg(long, value_name = "NAME", default_value = "vllm")]
    framework: EngineName,
    /// Share of the GPU's memory that the engine may take [default: the engine's]
    #[arg(long, value_name = "FRACTION")]
    memory_fraction: Option<Share>,
    /// GPUs per replica (tensor parallelism) [default: 1, 2, 4 and 8]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    tp: Option<u64>,
    /// Tokens of a sequence [default: the model's context]
    #[arg(long, value_name = "TOKENS", value_parser = clap::value_parser!(u64).range(1..))]
    context: Option<u64>,
    /// Type of the KV cache, as the engine's `--kv-cache-dtype`
    #[arg(long, value_name = "TYPE", default_value = "auto")]
    kv_cache_dtype: String,
    /// How to print it
    #[arg(long, value_enum, value_name = "FORMAT", default_value = "text")]
    format: Format,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    Text,
    Json,
}

impl Verb for Fit {
    fn run(self, edge: &mut Edge) -> Result<Exit, Problems> {
        let answer = self.answer(edge)?;
        match self.format {
            Format::Text => text::print(&answer, edge),
            Format::Json => edge.ui.print(&output::json(&json::object(&answer))),
        }
        Ok(Exit::Done)
    }
}

impl Fit {
    fn answer(&self, edge: &Edge) -> Result<Answer, Problem> {
        let gpu = self.gpu()?;
        let here = edge.environment.working_directory();
        let model = Model::open(&locate(&below_home(&self.model, edge), here, &hub(edge))?)?;
        let element = model
            .element(Some(&self.kv_cache_dtype))
            .ok_or_else(|| unknown_type(&self.kv_cache_dtype))?;
        let context = self.context.or(model.config.context()).unwrap_or(32_768);
        let rows = self.sizes(&model)?;
        let rows = rows.into_iter().map(|tp| {
            let question = gpu.as_ref().map(|gpu| gpu.question(tp, element.0, context));
            Row::new(&model, tp, element.0, question)
        });
        let rows = rows.collect();
        Ok(Answer {
            name: self.model.clone(),
            model,
            context,
            element,
            gpu,
            rows,
        })
    }

    fn gpu(&self) -> Result<Option<Gpu>, Problem> {
        let Some(name) = &self.gpu else {
            return Ok(None);
        };
        let engine = self.framework;
        let usual = Share(engine.engine().usual_share());
        Ok(Some(Gpu {
            name: name.clone(),
            memory: memory(name)?,
            engine,
            share: self.memory_fraction.unwrap_or(usual),
        }))
    }

    fn sizes(&self, model: &Model) -> Result<Vec<u64>, Problem> {
        let known = model.cache.is_some();
        match self.tp {
            Some(tp) if known && !model.divides(tp) => Err(does_not_divide(tp, model)),
            Some(tp) => Ok(vec![tp]),
            None => Ok(SIZES
                .into_iter()
                .filter(|tp| !known || model.divides(*tp))
                .collect()),
        }
    }
}

/// Returns the memory of a GPU: by its name, or as a size.
pub(super) fn memory(name: &str) -> Result<u64, Problem> {
    gpu::memory_of(name).ok_or_else(|| unknown_gpu(name))
}

/// Returns the Hugging Face cache, by the rules of its own client.
pub(super) fn hub(edge: &Edge) -> PathBuf {
    let set = |name: &str| edge.environment.get(name).map(PathBuf::from);
    let usual = || {
        edge.environment
            .home()
            .map(|home| home.join(".cache/huggingface"))
    };
    let hub = set("HF_HUB_CACHE").or_else(|| Some(set("HF_HOME").or_else(usual)?.join("hub")));
    edge.absolute(&hub.unwrap_or_default())
}

fn unknown_gpu(name: &str) -> Problem {
    let names: Vec<_> = gpu::names().collect();
    let message = format!("Unknown GPU `{name}`");
    let hint = format!(
        "Give its memory, such as `--gpu 80g`, or one of {}",
        names.join(", ")
    );
    Problem::usage(message).hint(hint)
}

fn unknown_type(name: &str) -> Problem {
    let message = format!("The size of `{name}`, the type of the KV cache, is not known");
    Problem::usage(message).hint("Name it: `--kv-cache-dtype bfloat16` or `--kv-cache-dtype fp8`")
}

fn does_not_divide(tp: u64, model: &Model) -> Problem {
    let heads = model.config.heads().unwrap_or_default();
    let kv_heads = model.config.kv_heads().unwrap_or_default();
    let message = format!(
        "{heads} attention heads with {kv_heads} of keys and values cannot be shared out over {tp} GPUs"
    );
    let sizes: Vec<_> = (1..=heads)
        .filter(|tp| model.divides(*tp))
        .map(|tp| tp.to_string())
        .collect();
    Problem::usage(message).hint(format!("Set `--tp` to one of {}", sizes.join(", ")))
}
