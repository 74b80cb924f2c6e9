//! `dynrun help`, and the help of the program.

use clap::{Command, Parser};

use super::launch_command::options;
use super::verb::{self, VERBS, Verb};
use crate::cli::display::STYLES;
use crate::cli::edge::Edge;
use crate::exit::Exit;
use crate::problem::{Problem, Problems};
use crate::suggest::closest;

const USAGE: &str = "dynrun [OPTIONS] [IMAGE] [COMMAND]...
       dynrun [OPTIONS] --framework NAME [--target NAME] [--] [COMMAND]...
       dynrun <command> [OPTIONS] [NAME]...";

const EPILOGUE: &str = "\
Without a command, dynrun launches, as `dynrun run` does. `dynrun run --help` lists every option
of `docker run` that it takes, `dynrun help COMMAND` those of a command.

Exit codes:
  the container's own    what its command ended with, 128+n after a signal
  125                    nothing was started: the request or the engine is at fault
  126, 127               the command cannot be run, or does not exist
  0, 124, 4, 5           wait: ready, timed out, the container ended, unexpected answer";

/// Print the help of dynrun or of one of its commands
#[derive(Debug, Parser)]
pub(super) struct Help {
    /// Command to explain
    command: Option<String>,
}

impl Verb for Help {
    fn run(self, edge: &mut Edge) -> Result<Exit, Problems> {
        let Some(name) = self.command else {
            return Ok(print(&mut program(), edge));
        };
        match verb::find(&name) {
            Some(entry) => Ok(print(&mut entry.command(), edge)),
            None => Err(unknown(&name).into()),
        }
    }
}

fn unknown(name: &str) -> Problem {
    let names = VERBS.iter().map(|verb| verb.name);
    let problem = Problem::new(Exit::Run, format!("Unknown command `{name}`"));
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

/// Returns the program as clap knows it: all commands, and the options of a launch.
pub(super) fn program() -> Command {
    let dockers = "Options of docker run";
    let options = options().map(|option| {
        // They fill a page of their own.
        let hidden = option.is_hide_set() || option.get_help_heading() == Some(dockers);
        option.hide(hidden)
    });
    Command::new("dynrun")
        .about("Launch inference images: docker run's options, a profile's defaults, and checks")
        .styles(STYLES)
        .override_usage(USAGE)
        .disable_help_flag(true)
        .disable_help_subcommand(true)
        .subcommand_value_name("command")
        .args(options)
        .subcommands(VERBS.iter().map(verb::Entry::command))
        .after_help(EPILOGUE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clap_finds_nothing_wrong_with_the_commands() {
        program().debug_assert();
    }
}
