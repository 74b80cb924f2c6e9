//! `dynrun`: one file per command, and what they share.
//!
//! The grammar is docker's, not clap's: without a command's name it is that of `docker run`.

mod attach;
mod connection;
mod exec;
mod explain;
mod facts;
mod gc;
mod help;
mod leases;
mod logs;
mod loss;
mod ps;
mod run;
mod stop;
mod verb;
mod wait;

use std::process::ExitCode;

use self::verb::Verb;
use super::edge::Edge;
use crate::exit::Exit;
use crate::problem::{Problem, Problems};
use crate::ui::ColorChoice;

/// Runs the program.
pub(super) fn main() -> ExitCode {
    Edge::run(ColorChoice::Auto, |edge| {
        let arguments = arguments()?;
        dispatch(&arguments, edge)
    })
}

fn dispatch(arguments: &[String], edge: &mut Edge) -> Result<Exit, Problems> {
    let (verb, arguments) = Verb::take(arguments);
    match verb {
        None => run::run(arguments, edge),
        Some(Verb::Explain) => explain::run(arguments, edge),
        Some(Verb::Wait) => wait::run(arguments, edge),
        Some(Verb::Ps) => ps::run(arguments, edge),
        Some(Verb::Logs) => logs::run(arguments, edge),
        Some(Verb::Stop) => stop::run(arguments, edge),
        Some(Verb::Exec) => exec::run(arguments, edge),
        Some(Verb::Attach) => attach::run(arguments, edge),
        Some(Verb::Gc) => gc::run(arguments, edge),
        Some(Verb::Version) => {
            edge.ui.print(concat!("dynrun ", env!("CARGO_PKG_VERSION")));
            Ok(Exit::Done)
        }
    }
}

fn arguments() -> Result<Vec<String>, Problem> {
    std::env::args_os()
        .skip(1)
        .map(|argument| {
            argument.into_string().map_err(|argument| {
                let message = format!("the argument `{}` is not UTF-8", argument.display());
                Problem::new(Exit::Run, message)
            })
        })
        .collect()
}
