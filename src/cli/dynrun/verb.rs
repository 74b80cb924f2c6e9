//! The commands of dynrun: a table with a line for each.
//!
//! All are clap's but those whose arguments are `docker run`'s: clap knows their options too, for
//! help, completion and the reference, but the words are taken apart by docker's own grammar.

use clap::{ArgMatches, Args, Command, Parser};

use super::launch_command::launch_command;
use super::{
    attach, down, exec, explain, fit, gc, help, logs, manual, ps, run, scale, stop, up, version,
    wait,
};
use crate::cli::display::{ColorChoice, STYLES};
use crate::cli::edge::Edge;
use crate::exit::Exit;
use crate::problem::Problems;

/// A command with arguments of clap's kind. The struct's comment is its help.
pub(super) trait Verb: Parser {
    /// Does what was asked for.
    fn run(self, edge: &mut Edge) -> Result<Exit, Problems>;
}

/// The commands, in the order of the help. A new one is a file next to this one and a line here.
pub(super) const VERBS: &[Entry] = &[
    RUN,
    EXPLAIN,
    Entry::of::<up::Up>("up"),
    Entry::of::<scale::Scale>("scale"),
    Entry::of::<down::Down>("down"),
    Entry::of::<wait::Wait>("wait"),
    Entry::of::<ps::Ps>("ps"),
    Entry::of::<logs::Logs>("logs"),
    Entry::of::<stop::Stop>("stop"),
    Entry::of::<exec::Exec>("exec"),
    Entry::of::<attach::Attach>("attach"),
    Entry::of::<fit::Fit>("fit"),
    Entry::of::<gc::Gc>("gc"),
    Entry::of::<help::Help>("help"),
    Entry::of::<manual::Completions>("completions"),
    Entry::of::<manual::Manual>("man"),
    VERSION,
];

pub(super) const RUN: Entry = Entry::launch("run", run::ABOUT, run::run);
pub(super) const EXPLAIN: Entry = Entry::launch("explain", explain::ABOUT, explain::run);
pub(super) const VERSION: Entry = Entry::of::<version::Version>("version");

/// A launch without a command's name.
pub(super) const UNNAMED: Entry = Entry::launch("run", run::ABOUT, run::unnamed);

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
        run: fn(&[String], &mut Edge) -> Result<Exit, Problems>,
    },
}

impl Entry {
    const fn of<V: Verb>(name: &'static str) -> Self {
        let grammar = Grammar::Clap {
            command: V::command,
            run: |matches, edge| {
                let verb = V::from_arg_matches(matches);
                verb.unwrap_or_else(|error| error.exit()).run(edge)
            },
        };
        Self { name, grammar }
    }

    const fn launch(
        name: &'static str,
        about: &'static str,
        run: fn(&[String], &mut Edge) -> Result<Exit, Problems>,
    ) -> Self {
        let grammar = Grammar::Docker { about, run };
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

/// Returns the command of this name.
pub(super) fn find(name: &str) -> Option<&'static Entry> {
    VERBS.iter().find(|verb| verb.name == name)
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
