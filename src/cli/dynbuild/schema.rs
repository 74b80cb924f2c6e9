//! `dynbuild schema`: JSON schemas, for editors.

use super::args::{SchemaArgs, SchemaFile};
use crate::cli::edge::Edge;
use crate::cli::exit::Exit;
use crate::cli::output::json;
use crate::{plan, profile};

/// Runs the command.
pub(super) fn run(args: &SchemaArgs, edge: &mut Edge) -> Exit {
    let schema = match args.file {
        SchemaFile::Profile => profile::schema(),
        SchemaFile::Config => plan::user_file_schema(),
        SchemaFile::Set => plan::repository_file_schema(),
    };
    edge.ui.print(&json(&schema));
    Exit::Done
}
