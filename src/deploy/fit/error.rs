//! Why a model cannot be read.

use std::io;
use std::path::PathBuf;

use crate::problem::{Problem, ProblemKind};

/// Why nothing can be said about a model.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FitError {
    #[error("Cannot read `{}`", path.display())]
    Read { path: PathBuf, source: io::Error },
    #[error("`{}` is not a configuration of a model", path.display())]
    Invalid {
        path: PathBuf,
        source: serde_json::Error,
    },
    #[error("Model `{model}` is neither a directory nor in the Hugging Face cache `{}`", cache.display())]
    Missing { model: String, cache: PathBuf },
}

impl From<FitError> for Problem {
    fn from(error: FitError) -> Self {
        let problem = Self::from_error(ProblemKind::Usage, &error);
        match error {
            FitError::Read { .. } | FitError::Invalid { .. } => {
                problem.hint("Name a directory with the model's `config.json`: `dynrun fit --model DIR`")
            }
            FitError::Missing { model, .. } => problem.hint(format!(
                "Download its configuration and weights: `hf download {model}` (dynrun downloads nothing by itself)"
            )),
        }
    }
}
