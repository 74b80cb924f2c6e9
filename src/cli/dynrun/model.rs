//! Models as people name them: ids of Hugging Face, and directories of this machine.

use std::path::{Path, PathBuf};

use crate::cli::edge::Edge;
use crate::deploy::file::DeploymentFile;
use crate::problem::Problem;

/// Returns a model with the home directory in place of `~/`.
pub(super) fn below_home(model: &str, edge: &Edge) -> String {
    match (model.strip_prefix("~/"), edge.environment.home()) {
        (Some(below), Some(home)) => home.join(below).display().to_string(),
        _ => model.to_owned(),
    }
}

/// Puts the home directory in place of `~/` in all models of a file.
pub(super) fn all_below_home(file: &mut DeploymentFile, edge: &Edge) {
    let of_workers = file.workers.values_mut().map(|worker| &mut worker.model);
    let models = of_workers.chain([&mut file.model, &mut file.mock.model]);
    for model in models.flatten() {
        model.value = below_home(&model.value, edge);
    }
}

/// A model that is a directory here is meant as one.
pub(super) fn absolute_model(model: &str, edge: &Edge) -> String {
    let model = below_home(model, edge);
    let directory = edge.absolute(Path::new(&model));
    if directory.is_dir() {
        let without_dots: PathBuf = directory.components().collect();
        without_dots.display().to_string()
    } else {
        model
    }
}

/// Checks that a model that is written as a directory here is one.
pub(super) fn check_model(model: &str, edge: &Edge) -> Result<(), Problem> {
    let is_path = ["./", "../", "~/"]
        .iter()
        .any(|start| model.starts_with(start));
    if !is_path || edge.absolute(Path::new(&below_home(model, edge))).is_dir() {
        return Ok(());
    }
    let message = format!("The model `{model}` is no directory");
    Err(Problem::usage(message)
        .hint("Name one that has the model's `config.json`, or a model of Hugging Face: `--model Qwen/Qwen3-0.6B`"))
}

/// Returns a name for the deployment of a model: its last part, in letters that names may have.
pub(super) fn name_of(model: &str) -> String {
    let last = model
        .trim_end_matches('/')
        .rsplit('/')
        .next()
        .unwrap_or_default();
    let letters = last
        .chars()
        .map(|letter| match letter.to_ascii_lowercase() {
            letter @ ('a'..='z' | '0'..='9') => letter,
            _ => '-',
        });
    let name: String = letters.take(30).collect();
    name.trim_matches('-').to_owned()
}
