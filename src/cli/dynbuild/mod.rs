//! `dynbuild`: one file per command, and what they share.

mod agents;
mod args;
mod build;
mod components;
mod connection;
mod context;
mod doctor;
mod import;
mod leaks;
mod lint;
mod list;
mod metadata_file;
mod output;
mod plan;
mod planning;
mod profiles;
mod schema;
mod settings;
mod trtllm;
mod variables;

use std::process::ExitCode;

use clap::Parser as _;
use clap::builder::StyledStr;
use clap::error::{ContextKind, ContextValue};

use self::args::{Cli, Command, ContextCommand};
use super::edge::Edge;
use crate::exit::Exit;
use crate::problem::Problems;

/// Runs the program.
pub(super) fn main() -> ExitCode {
    let cli = Cli::try_parse().unwrap_or_else(|error| with_order(error).exit());
    Edge::run(cli.terminal.color.into(), |edge| {
        edge.annotations = !cli.terminal.no_annotations;
        dispatch(cli, edge)
    })
}

/// Says where options go, when they stand before a command.
fn with_order(mut error: clap::Error) -> clap::Error {
    if let Some(ContextValue::String(command)) = error.get(ContextKind::InvalidSubcommand)
        && error.kind() == clap::error::ErrorKind::ArgumentConflict
    {
        let tip = format!("options follow the command: `dynbuild {command} …`");
        let tips = ContextValue::StyledStrs(vec![StyledStr::from(tip)]);
        error.insert(ContextKind::Suggested, tips);
    }
    error
}

fn dispatch(cli: Cli, edge: &mut Edge) -> Result<Exit, Problems> {
    let Cli { command, build, .. } = cli;
    match command {
        None => build::run(&build, edge),
        Some(Command::Plan(args)) => plan::run(&args, edge),
        Some(Command::Render(args)) => plan::render_dockerfile(&args, edge),
        Some(Command::Explain(args)) => plan::explain(&args, edge),
        Some(Command::List(args)) => list::run(&args, edge),
        Some(Command::Context(ContextCommand::Ls(args))) => context::ls(&args, edge),
        Some(Command::Schema) => Ok(schema::run(edge)),
        Some(Command::Env) => Ok(variables::run(edge)),
        Some(Command::Lint(args)) => lint::run(&args, edge),
        Some(Command::Import(args)) => import::run(&args, edge),
        Some(Command::Doctor(args)) => doctor::run(&args, edge),
    }
}
