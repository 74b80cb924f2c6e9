//! `--log-dir`: files with all that failed steps wrote.

use std::path::{Path, PathBuf};

use crate::cli::edge::Edge;
use crate::execute::Finished;
use crate::problem::Problem;
use crate::redact::Redactor;

/// Returns the directory for them: the one that was named, else one below the user's state.
///
/// # Errors
/// Fails when none was named and there is no home.
pub(super) fn directory(named: Option<&Path>, edge: &Edge) -> Result<PathBuf, Problem> {
    if let Some(named) = named {
        return Ok(edge.absolute(named));
    }
    let environment = &edge.environment;
    let state = environment.get("XDG_STATE_HOME").map(PathBuf::from);
    let usual = || Some(environment.home()?.join(".local/state"));
    let state = state.or_else(usual).ok_or_else(|| {
        let message = "There is no place for the output of failed steps: `HOME` is not set";
        Problem::usage(message).hint("Name one: `--log-dir DIR`")
    })?;
    Ok(state.join("dynbuild/logs"))
}

/// Writes what failed steps wrote, without secrets, and says where it is.
pub(super) fn write(finished: &mut [Finished], directory: &Path, redactor: &Redactor) {
    for target in finished {
        let (Some(output), Err(problems)) = (target.output.take(), &mut target.outcome) else {
            continue;
        };
        let Some(problem) = problems.0.first_mut() else {
            continue;
        };
        let file = directory.join(format!("{}.log", target.target));
        let written = output.and_then(|output| {
            let shown = redactor.show_bytes(&output);
            fs_err::create_dir_all(directory)
                .and_then(|()| fs_err::write(&file, shown))
                .map_err(|error| error.to_string())
        });
        match written {
            Ok(()) => {
                let file = file.display().to_string();
                problem.hints.push(format!(
                    "Read the whole output of the step: `less {}`",
                    shell_words::quote(&file)
                ));
            }
            Err(reason) => problem.causes.push(format!(
                "The whole output of the step could not be kept: {reason}"
            )),
        }
    }
}
