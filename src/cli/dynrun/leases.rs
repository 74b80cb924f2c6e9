//! Where the user's leases are.

use std::path::PathBuf;

use crate::cli::edge::Edge;
use crate::launch::lease::Leases;

/// Returns the leases of the user; none where there is no place for what programs remember.
pub(super) fn leases(edge: &Edge) -> Option<Leases> {
    let environment = &edge.environment;
    let set = environment.get("XDG_STATE_HOME").map(PathBuf::from);
    let usual = || {
        // A home that is not there is none that we make.
        let home = environment.home().filter(|home| home.is_dir())?;
        Some(home.join(".local/state"))
    };
    let state = set.or_else(usual)?;
    Some(Leases::new(state.join("dynrun/followed")))
}
