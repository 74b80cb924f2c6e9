//! `dynbuild context ls`: what would be sent, how large it is, and which rule dropped what.

use super::args::{ContextLsArgs, Format};
use crate::cli::edge::Edge;
use crate::cli::exit::Exit;
use crate::cli::output::json;
use crate::context;
use crate::problem::{Problem, Problems};

/// Runs the command.
pub(super) fn ls(args: &ContextLsArgs, edge: &mut Edge) -> Result<Exit, Problems> {
    let directory = edge.context(args.context.as_deref());
    let dockerfile = args.file.as_ref().map(|file| edge.absolute(file));
    let listing = context::list(&directory, dockerfile.as_deref()).map_err(Problem::from)?;
    let text = match args.format {
        Format::Text => listing.text(edge.ui.stdout.look()),
        Format::Json => json(&listing),
    };
    edge.ui.print(&text);
    let problems: Problems = listing.problems.into_iter().collect();
    problems.or(Exit::Done)
}
