//! What a command of dynrun is.
//!
//! All are clap's but those whose arguments are `docker run`'s: clap knows their options too, for
//! help, completion and the reference, but the words are taken apart by docker's own grammar.

use clap::{ArgMatches, Args, Command, Parser};

use super::launch_command::launch_command;
use crate::cli::display::{ColorChoice, STYLES};
use crate::cli::edge::Edge;
use crate::cli::exit::Exit;
use crate::launch::request::Request;
use crate::problem::Problems;

/// A command with arguments of clap's kind. The struct's comment is its help.
pub(super) trait Verb: Parser {
    /// Does what was asked for.
    fn run(self, edge: &mut Edge) -> Result<Exit, Problems>;
}

/// A command about the program itself, such as its help.
pub(super) trait AboutProgram: Parser {
    /// Does what was asked for. `program` is dynrun with all of its commands.
    fn run(self, program: Command, edge: &mut Edge) -> Result<Exit, Problems>;
}

/// One command.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry {
    pub(super) name: &'static str,
    pub(super) grammar: Grammar,
}

/// Who takes a command's words apart.
#[derive(Clone, Copy, Debug)]
pub(super) enum Grammar {
    /// clap.
    Clap {
        command: fn() -> Command,
        run: fn(&ArgMatches, &mut Edge) -> Result<Exit, Problems>,
    },
    /// `docker run`'s.
    Docker {
        about: &'static str,
        run: fn(&Request, &mut Edge) -> Result<Exit, Problems>,
        /// Whether `--help` is about the program: no command was named.
        is_unnamed: bool,
    },
}

impl Entry {
    pub(super) const fn of<V: Verb>(name: &'static str) -> Self {
        let grammar = Grammar::Clap {
            command: V::command,
            run: |matches, edge| read::<V>(matches).run(edge),
        };
        Self { name, grammar }
    }

    pub(super) const fn launch(
        name: &'static str,
        about: &'static str,
        run: fn(&Request, &mut Edge) -> Result<Exit, Problems>,
    ) -> Self {
        let grammar = Grammar::Docker {
            about,
            run,
            is_unnamed: false,
        };
        Self { name, grammar }
    }

    /// Returns the command as clap knows it.
    pub(super) fn command(&self) -> Command {
        match self.grammar {
            Grammar::Clap { command, .. } => DisplayArgs::augment_args(command()).name(self.name),
            Grammar::Docker { about, .. } => launch_command(self.name).about(about),
        }
        .styles(STYLES)
        .bin_name(format!("dynrun {}", self.name))
    }
}

/// Returns the arguments of a command, which clap has checked already.
pub(super) fn read<V: Parser>(matches: &ArgMatches) -> V {
    V::from_arg_matches(matches).unwrap_or_else(|error| error.exit())
}

// What every command understands about the display. A doc comment would become the help of all.
#[derive(Clone, Copy, Debug, Default, Args)]
#[command(next_help_heading = "Display")]
pub(super) struct DisplayArgs {
    /// When to use colours
    #[arg(long, value_enum, default_value_t, value_name = "WHEN")]
    pub(super) color: ColorChoice,
    /// Say what is asked of the engine, and why
    #[arg(long, short)]
    pub(super) verbose: bool,
}
