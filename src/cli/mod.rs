//! The edge for people: what was typed, what it means, and one file per command.

mod display;
mod dynbuild;
mod dynrun;
mod edge;
pub mod environment;
mod github;
mod interrupt;
mod proxies;
mod runtime;
mod usage;

use std::process::ExitCode;

/// Runs `dynbuild` with the process's arguments and returns its exit code.
pub fn dynbuild() -> ExitCode {
    dynbuild::main()
}

/// Runs `dynrun` with the process's arguments and returns its exit code.
pub fn dynrun() -> ExitCode {
    dynrun::main()
}
