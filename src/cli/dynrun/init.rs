//! `dynrun init`: a first deployment file for a model.

use std::path::PathBuf;

use clap::Parser;

use super::fit::{EngineName, hub, memory};
use super::model::{absolute_model, below_home, name_of};
use super::verb::Verb;
use super::written::write;
use crate::cli::edge::Edge;
use crate::cli::exit::Exit;
use crate::deploy::fit::locate::locate;
use crate::deploy::fit::model::Model;
use crate::deploy::init::Wanted;
use crate::problem::Problems;

/// Write a first deployment file for a model, whose sizes follow from the memory that it needs
///
/// Reads the same files as `dynrun fit`, and downloads nothing. The smallest number of GPUs is chosen
/// that holds the model and one sequence; comments say how the memory is shared out.
#[derive(Debug, Parser)]
pub(super) struct Init {
    /// Directory of the model, or its Hugging Face id
    #[arg(long, value_name = "DIR|ID")]
    model: String,
    /// Engine that serves the model
    #[arg(long, value_name = "NAME", default_value = "vllm")]
    framework: EngineName,
    /// GPU: a name such as h100, or its memory such as 80g
    #[arg(long, value_name = "NAME|SIZE")]
    gpu: Option<String>,
    /// GPUs in all [default: those of one replica of each worker]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=4096))]
    gpus: Option<u64>,
    /// Serve with prefill and decode workers
    #[arg(long)]
    disaggregated: bool,
    /// Tokens of the longest sequence [default: the model's context]
    #[arg(long, value_name = "TOKENS", value_parser = clap::value_parser!(u64).range(1..=1 << 40))]
    context: Option<u64>,
    /// Name of the deployment [default: the model's]
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// File to write, if not standard output
    #[arg(long, short, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    output: Option<PathBuf>,
    /// Replace the file that is there
    #[arg(long, requires = "output")]
    force: bool,
}

impl Verb for Init {
    fn run(self, edge: &mut Edge) -> Result<Exit, Problems> {
        let here = edge.environment.working_directory();
        let model = Model::open(&locate(&below_home(&self.model, edge), here, &hub(edge))?)?;
        let gpu = self
            .gpu
            .map(|name| memory(&name).map(|memory| (name, memory)));
        let source = absolute_model(&self.model, edge);
        let wanted = Wanted {
            name: self.name.unwrap_or_else(|| name_of(&source)),
            source,
            model: &model,
            framework: self.framework.framework(),
            sharing: self.framework.engine(),
            gpu: gpu.transpose()?,
            gpus: self.gpus,
            disaggregated: self.disaggregated,
            context: self.context,
        };
        let text = wanted.file()?;
        write(self.output.as_deref(), self.force, &text, edge)?;
        Ok(Exit::Done)
    }
}
