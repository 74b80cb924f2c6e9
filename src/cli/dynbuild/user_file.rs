//! The user's own file: `~/.config/dynbuild/config.toml`, or what `DYNBUILD_CONFIG` names.

use std::io::ErrorKind;
use std::path::PathBuf;

use crate::cli::environment::Environment;
use crate::plan::Settings;
use crate::problem::{Problem, Problems, capitalized};
use crate::text_file;
use crate::toml_file::SourceFile;

/// Reads it; without one, nothing is set.
///
/// # Errors
/// Fails if a file that is there, or that is named, cannot be read, and with all of its mistakes.
pub(super) fn read(environment: &Environment) -> Result<Settings, Problems> {
    let is_named = environment.get("DYNBUILD_CONFIG").is_some();
    let Some(path) = place(environment) else {
        return Ok(Settings::default());
    };
    let text = match text_file::read_text(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound && !is_named => {
            return Ok(Settings::default());
        }
        Err(error) => {
            let message = format!("Cannot read your settings in `{}`", path.display());
            let mut problem = Problem::usage(message);
            problem.causes.push(capitalized(&error.to_string()));
            let problem = if is_named {
                problem.hint("Correct `DYNBUILD_CONFIG`, or unset it")
            } else {
                problem.hint("Make the file readable, or remove it")
            };
            return Err(problem.into());
        }
    };
    let file = SourceFile::new(path.display().to_string(), text);
    Settings::from_user_file(&file).map_err(Problems::from_iter)
}

/// Returns the place of the user's own file.
pub(super) fn place(environment: &Environment) -> Option<PathBuf> {
    match environment.get("DYNBUILD_CONFIG") {
        Some(named) => Some(environment.working_directory().join(named)),
        None => usual_place(environment),
    }
}

/// Returns the usual place of it (XDG base directories).
fn usual_place(environment: &Environment) -> Option<PathBuf> {
    let directory = match environment.get("XDG_CONFIG_HOME") {
        Some(directory) => PathBuf::from(directory),
        None => environment.home()?.join(".config"),
    };
    Some(directory.join("dynbuild/config.toml"))
}
