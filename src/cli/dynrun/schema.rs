//! `dynrun schema`: the JSON schema of deployment files, for editors.

use clap::Parser;

use super::verb::Verb;
use crate::cli::edge::Edge;
use crate::cli::exit::Exit;
use crate::cli::output::json;
use crate::deploy::schema;
use crate::problem::Problems;

/// Print the JSON schema of deployment files
///
/// Editors find it by the first line of a file, for example `#:schema ./schema.json`.
#[derive(Debug, Parser)]
pub(super) struct Schema {}

impl Verb for Schema {
    fn run(self, edge: &mut Edge) -> Result<Exit, Problems> {
        edge.ui.print(&json(&schema()));
        Ok(Exit::Done)
    }
}
