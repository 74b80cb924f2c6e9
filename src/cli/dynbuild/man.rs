//! `dynbuild man` and `dynbuild completions`: what an installation gives to other programs.

use clap::CommandFactory as _;

use super::args::{Cli, CompletionsArgs, ManArgs};
use crate::cli::edge::Edge;
use crate::cli::exit::Exit;
use crate::cli::{completion, manual};
use crate::problem::{Problem, Problems};

/// Runs `dynbuild man`.
pub(super) fn run(args: &ManArgs, edge: &mut Edge) -> Result<Exit, Problems> {
    let page = manual::man_page(&Cli::command(), &args.command).ok_or_else(|| {
        let message = format!("Unknown command `{}`", args.command.join(" "));
        Problem::usage(message).hint("List the commands: `dynbuild help`")
    })?;
    edge.ui.print(&page);
    Ok(Exit::Done)
}

/// Runs `dynbuild completions`.
pub(super) fn completions(args: &CompletionsArgs, edge: &mut Edge) -> Exit {
    edge.ui
        .print(&completion::script(args.shell, &Cli::command()));
    Exit::Done
}
