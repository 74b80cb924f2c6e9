//! `dynbuild`: one file per command, and what they share.

mod agents;
mod args;
mod build;
mod builder;
mod candidates;
mod components;
mod connection;
mod consent;
mod context;
mod details;
mod doctor;
mod front;
mod habit;
mod id_file;
mod import;
mod leaks;
mod lint;
mod list;
mod man;
mod metadata_file;
mod output_files;
mod permission;
mod pins;
mod plan;
mod planning;
mod schema;
mod secret_values;
mod sets;
mod settings;
mod trtllm;
mod user_file;
mod variables;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::CommandFactory as _;

pub(super) use self::args::Cli;
use self::args::{Command, ContextCommand};
use super::edge::Edge;
use super::{completion, usage};
use crate::cli::exit::Exit;
use crate::problem::Problems;

/// Runs the program.
pub(super) fn main() -> ExitCode {
    completion::answer(Cli::command);
    let words: Vec<_> = std::env::args_os().collect();
    let cli = match front::parse(&words) {
        Ok(cli) => cli,
        Err(error) => return refuse(&error, &words),
    };
    Edge::run(cli.terminal.color.into(), Exit::of_dynbuild, |edge| {
        edge.annotations = !cli.terminal.no_annotations;
        edge.verbose = cli.terminal.verbose;
        edge.timeout.clone_from(&cli.terminal.engine_timeout);
        dispatch(cli, edge)
    })
}

/// Ends with what is wrong with a command line, or with the help that was asked for.
fn refuse(error: &clap::Error, words: &[OsString]) -> ExitCode {
    let command = front::command(words);
    match usage::problem(error, &command) {
        Some(mut problem) => Edge::run(front::color(words).into(), Exit::of_dynbuild, |edge| {
            edge.annotations = true;
            if let Some(hint) = habit::hint(error) {
                problem.hints = vec![hint];
            }
            Err(problem.into())
        }),
        None => error.exit(),
    }
}

fn dispatch(cli: Cli, edge: &mut Edge) -> Result<Exit, Problems> {
    let Cli { command, build, .. } = cli;
    match command {
        None => build::run(&build, edge),
        Some(Command::Build(args)) => build::run(&args, edge),
        Some(Command::Plan(args)) => plan::run(&args, edge),
        Some(Command::Render(args)) => plan::render_dockerfile(&args, edge),
        Some(Command::Explain(args)) => plan::explain(&args, edge),
        Some(Command::List(args)) => list::run(&args, edge),
        Some(Command::Context(ContextCommand::Ls(args))) => context::ls(&args, edge),
        Some(Command::Schema(args)) => Ok(schema::run(&args, edge)),
        Some(Command::Env) => Ok(variables::run(edge)),
        Some(Command::Completions(args)) => Ok(man::completions(&args, edge)),
        Some(Command::Man(args)) => man::run(&args, edge),
        Some(Command::Lint(args)) => lint::run(&args, edge),
        Some(Command::Import(args)) => import::run(&args, edge),
        Some(Command::Doctor(args)) => doctor::run(&args, edge),
    }
}
