//! Which profiles and fragments are used: the built-in ones, under those of a directory.

use std::path::{Path, PathBuf};

use super::edge::Edge;
use crate::plan::stages::Fragments;
use crate::problem::{Problem, Problems};
use crate::profile::Store;

/// The framework where none is named, unless the profiles at hand lack it: that of build.sh and
/// run.sh, else the one that runs everywhere.
const DEFAULT_FRAMEWORKS: [&str; 2] = ["vllm", "dynamo"];

/// The part of `--profile-dir` with the profiles.
const PROFILES: &str = "profiles";

/// The part of `--profile-dir` with the Dockerfile fragments.
const FRAGMENTS: &str = "dockerfiles";

/// Returns the directory that overrides the built-in profiles: the flag's, else the variable's.
pub(super) fn directory(flag: Option<&Path>, edge: &Edge) -> Option<PathBuf> {
    let variable = || edge.environment.get("DYNBUILD_PROFILE_DIR");
    flag.or_else(|| variable().map(Path::new))
        .map(Path::to_owned)
}

/// Returns the profiles of `directory` over the built-in ones.
///
/// # Errors
/// Fails when the directory cannot be read. Mistakes in a profile show when it is loaded.
pub(super) fn store(directory: Option<&Path>, edge: &Edge) -> Result<Store, Problems> {
    let store = Store::embedded();
    match part(directory, PROFILES, edge)? {
        None => Ok(store),
        Some(directory) => store
            .overlay(&directory)
            .map_err(|error| Problem::from(error).into()),
    }
}

/// Returns the framework that is meant where none is named. A profile with mistakes counts: to take
/// another one for it would hide them.
pub(super) fn default_framework(store: &Store) -> &'static str {
    let found = DEFAULT_FRAMEWORKS.into_iter().find(|name| store.has(name));
    found.unwrap_or(DEFAULT_FRAMEWORKS[0])
}

/// Returns the Dockerfile fragments of `directory` over the built-in ones.
///
/// # Errors
/// Fails when the directory cannot be read. Mistakes in a fragment show when it is used.
pub(super) fn fragments(directory: Option<&Path>, edge: &Edge) -> Result<Fragments, Problems> {
    let mut fragments = Fragments::embedded();
    if let Some(directory) = part(directory, FRAGMENTS, edge)? {
        fragments.overlay(&directory)?;
    }
    Ok(fragments)
}

/// Returns a part of `--profile-dir`, if the directory has it. One that has none of them was named
/// by mistake.
fn part(directory: Option<&Path>, name: &str, edge: &Edge) -> Result<Option<PathBuf>, Problems> {
    let Some(directory) = directory.map(|directory| edge.absolute(directory)) else {
        return Ok(None);
    };
    let has = |name: &str| directory.join(name).is_dir();
    if !has(PROFILES) && !has(FRAGMENTS) {
        let message = format!(
            "The directory `{}` has neither `{PROFILES}/` nor `{FRAGMENTS}/`",
            directory.display()
        );
        return Err(Problem::usage(message)
            .hint("Name the directory above them: `--profile-dir DIR`")
            .into());
    }
    let part = has(name).then(|| directory.join(name));
    // As short as it can be: every message about a file in it names it.
    Ok(part.map(|part| part.canonicalize().unwrap_or(part)))
}
