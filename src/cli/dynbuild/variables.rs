//! `dynbuild env`: every environment variable that is read.

use crate::cli::edge::Edge;
use crate::cli::environment::VARIABLES;
use crate::cli::exit::Exit;
use crate::text::Table;

/// Runs the command.
pub(super) fn run(edge: &mut Edge) -> Exit {
    let mut table = Table::new(["Variable", "Meaning"]);
    for (name, meaning) in VARIABLES {
        table.row([*name, *meaning]);
    }
    let text = table.render(edge.ui.stdout.look());
    edge.ui.print(&text);
    Exit::Done
}
