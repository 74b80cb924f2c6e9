//! `dynrun`: one file per command, and what they share.
//!
//! [`commands::VERBS`] lists the commands. Their grammar is clap's, but for launches, whose grammar is
//! that of `docker run`: with and without the word `run`.

mod attach;
mod commands;
mod connection;
mod deployment;
mod diagnosis;
mod down;
mod exec;
mod explain;
mod export;
mod facts;
mod fit;
mod gc;
mod help;
mod import;
mod init;
mod launch_command;
mod leases;
mod line;
mod list;
mod listed;
mod logs;
mod loss;
mod machines;
mod manual;
mod model;
mod place;
mod plan;
mod ps;
mod run;
mod scale;
mod schema;
mod stop;
mod unknown_word;
mod up;
mod verb;
mod version;
mod wait;
mod written;

use std::process::ExitCode;

use self::line::Line;
use super::completion;
use super::edge::Edge;
use super::exit::Exit;
use crate::problem::{Problem, Problems};
use crate::ui::ColorChoice;

/// Runs the program.
pub(super) fn main() -> ExitCode {
    completion::answer(commands::program);
    let line = arguments().and_then(|arguments| Line::read(&arguments));
    let color = line.as_ref().map_or(ColorChoice::Auto, Line::color);
    Edge::run(color, Exit::of_dynrun, |edge| line?.run(edge))
}

/// Returns every command with its options, in Markdown.
pub(super) fn reference() -> String {
    super::manual::reference(&commands::program())
}

fn arguments() -> Result<Vec<String>, Problems> {
    let mut arguments = std::env::args_os().skip(1);
    let arguments: Result<_, _> = arguments
        .by_ref()
        .map(std::ffi::OsString::into_string)
        .collect();
    arguments.map_err(|argument| {
        let message = format!("The argument `{}` is not UTF-8", argument.display());
        Problem::usage(message).into()
    })
}
