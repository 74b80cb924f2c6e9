//! The edge for people: what was typed, what it means, and one file per command.

mod completion;
mod display;
mod dynbuild;
mod dynrun;
mod edge;
pub mod environment;
mod exit;
mod github;
mod interrupt;
mod manual;
mod output;
mod profiles;
mod proxies;
mod runtime;
mod usage;

use std::process::ExitCode;

use clap::CommandFactory as _;

/// Runs `dynbuild` with the process's arguments and returns its exit code.
pub fn dynbuild() -> ExitCode {
    dynbuild::main()
}

/// Runs `dynrun` with the process's arguments and returns its exit code.
pub fn dynrun() -> ExitCode {
    dynrun::main()
}

/// Returns the reference of `dynbuild`'s command line, as it is in the documentation.
pub fn dynbuild_reference() -> String {
    manual::reference(&dynbuild::Cli::command())
}

/// Returns the reference of `dynrun`'s command line, as it is in the documentation.
pub fn dynrun_reference() -> String {
    dynrun::reference()
}
