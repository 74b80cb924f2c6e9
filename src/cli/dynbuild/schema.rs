//! `dynbuild schema`: the JSON schema of profiles, for editors.

use crate::cli::edge::Edge;
use crate::exit::Exit;
use crate::profile;

/// Runs the command.
pub(super) fn run(edge: &mut Edge) -> Exit {
    edge.ui.print(&super::output::json(&profile::schema()));
    Exit::Done
}
