//! Where it is remembered what runs.

use std::path::PathBuf;

use crate::cli::edge::Edge;
use crate::engine;
use crate::operate::{Place, Record};
use crate::problem::Problem;

/// Returns the place of a deployment; the same name on another engine has another. Which machine of
/// its file the engine is does not count: its containers are found by the name alone.
pub(super) fn place(name: &str, edge: &Edge) -> Result<Place, Problem> {
    let state = state(edge).ok_or_else(|| {
        let message = format!("There is no directory to remember deployment `{name}` in");
        Problem::usage(message).hint("Set one: `XDG_STATE_HOME=DIR`")
    })?;
    let engine = engine::locate(&edge.surroundings())?;
    Ok(Place::new(&state, name, &engine.address.to_string()))
}

/// Returns the place of a deployment on the engines of several machines.
pub(super) fn machines_place(name: &str, edge: &Edge) -> Option<Place> {
    Some(Place::of_machines(&state(edge)?, name))
}

/// Returns how a deployment of this name was started here.
pub(super) fn remembered(name: &str, edge: &Edge) -> Option<Record> {
    place(name, edge).ok()?.record()
}

/// What is to be remembered cannot be written.
pub(super) fn unwritable(name: &str, error: &std::io::Error) -> Problem {
    let message = format!("The place of deployment `{name}` cannot be written");
    let mut problem = Problem::usage(message);
    problem.causes.push(error.to_string());
    problem.hint("Set a directory for it: `XDG_STATE_HOME=DIR`")
}

/// Returns the user's directory for what programs remember.
pub(super) fn state(edge: &Edge) -> Option<PathBuf> {
    let environment = &edge.environment;
    let set = environment.get("XDG_STATE_HOME").map(PathBuf::from);
    let usual = || {
        // A home that is not there is none that we make.
        let home = environment.home().filter(|home| home.is_dir())?;
        Some(home.join(".local/state"))
    };
    set.or_else(usual)
}
