//! `dynrun help`.

use clap::{Command, Parser};

use super::verb::AboutProgram;
use crate::cli::edge::Edge;
use crate::cli::exit::Exit;
use crate::problem::{Problem, Problems};
use crate::suggest::closest;

/// Print the help of dynrun or of one of its commands
#[derive(Debug, Parser)]
pub(super) struct Help {
    /// Command to explain
    command: Option<String>,
}

impl AboutProgram for Help {
    fn run(self, mut program: Command, edge: &mut Edge) -> Result<Exit, Problems> {
        let Some(name) = self.command else {
            return Ok(print(&mut program, edge));
        };
        match program.find_subcommand_mut(&name) {
            Some(command) => Ok(print(command, edge)),
            None => Err(unknown(&name, &program).into()),
        }
    }
}

fn unknown(name: &str, program: &Command) -> Problem {
    let names = program.get_subcommands().map(Command::get_name);
    let problem = Problem::usage(format!("Unknown command `{name}`"));
    match closest(name, names) {
        Some(similar) => problem.hint(format!("Did you mean `dynrun help {similar}`?")),
        None => problem.hint("List the commands: `dynrun help`"),
    }
}

/// Prints a command's help.
pub(super) fn print(command: &mut Command, edge: &mut Edge) -> Exit {
    let help = command.render_help();
    let text = if edge.ui.stdout.look().color {
        help.ansi().to_string()
    } else {
        help.to_string()
    };
    edge.ui.print_painted(text.trim_end());
    Exit::Done
}
