//! `dynrun schema`: the JSON schema of deployment files, for editors.

use clap::Parser;

use super::verb::Verb;
use crate::cli::edge::Edge;
use crate::cli::exit::Exit;
use crate::deploy::schema;
use crate::problem::Problems;
use crate::text::escape_json;

/// Print the JSON schema of deployment files
///
/// Editors find it by the first line of a file, for example `#:schema ./schema.json`.
#[derive(Debug, Parser)]
pub(super) struct Schema {}

impl Verb for Schema {
    fn run(self, edge: &mut Edge) -> Result<Exit, Problems> {
        // Our own types have string keys and no failing serializers.
        let text = serde_json::to_string_pretty(&schema()).unwrap_or_default();
        edge.ui.print(&escape_json(&text));
        Ok(Exit::Done)
    }
}
