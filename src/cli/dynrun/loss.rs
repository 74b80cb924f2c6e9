//! Output that is missing.

use crate::cli::edge::Edge;
use crate::cli::exit::Exit;
use crate::launch::live::Loss;

/// Says what is missing. A run without all of its output has not ended well, whatever its command
/// says; a command that failed has the more telling code.
pub(super) fn reported(losses: &[Loss], exit: Exit, edge: &mut Edge) -> Exit {
    for loss in losses {
        edge.ui.warn(&loss.to_string());
    }
    match exit.code() {
        0 if !losses.is_empty() => Exit::Run,
        _ => exit,
    }
}
