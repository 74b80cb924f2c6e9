//! `--iidfile`: the id of the image, for scripts that were made for docker.

use std::path::PathBuf;

use crate::cli::exit::Exit;
use crate::execute::file_obstacle;
use crate::plan::BuildPlan;
use crate::problem::{Problem, ProblemKind, Problems};

/// The file that was asked for.
pub(super) struct IdFile(PathBuf);

impl IdFile {
    /// Looks at the place before the build, and removes the id of an earlier one, as docker does.
    ///
    /// # Errors
    /// Fails when it cannot be written, and when there are several images.
    pub(super) fn new(path: PathBuf, plan: &BuildPlan) -> Result<Self, Problem> {
        if plan.targets.len() > 1 {
            let message = format!(
                "`--iidfile` is for one image, not for {}",
                plan.targets.len()
            );
            let problem = Problem::usage(message);
            return Err(problem.hint("Use `--metadata-file FILE`, which has them all"));
        }
        if let Some(obstacle) = file_obstacle(&path) {
            let message = format!("The image id cannot be written to `{}`", path.display());
            return Err(obstacle.problem(message, "--iidfile FILE"));
        }
        if path.is_file() {
            fs_err::remove_file(&path).ok();
        }
        Ok(Self(path))
    }

    /// Writes the id, unless the build ended badly.
    pub(super) fn write(&self, id: &str, end: Result<Exit, Problems>) -> Result<Exit, Problems> {
        let exit = end?;
        fs_err::write(&self.0, id).map_err(|error| {
            let message = format!("The image id cannot be written: {error}");
            Problem::new(ProblemKind::Step, message)
        })?;
        Ok(exit)
    }
}
