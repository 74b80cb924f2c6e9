//! The commands of dynrun: a table with a line for each, and the program that they make.

use clap::Command;

use super::launch_command::options;
use super::verb::{AboutProgram, Entry, Grammar, read};
use super::{
    attach, down, exec, explain, export, fit, gc, help, import, init, list, logs, manual, plan, ps,
    run, scale, schema, stop, up, version, wait,
};
use crate::cli::display::STYLES;

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

/// The commands, in the order of the help. A new one is a file next to this one and a line here.
pub(super) const VERBS: &[Entry] = &[
    Entry::launch("run", run::ABOUT, run::run),
    Entry::launch("explain", explain::ABOUT, explain::run),
    Entry::of::<plan::Plan>("plan"),
    Entry::of::<list::List>("list"),
    Entry::of::<up::Up>("up"),
    Entry::of::<scale::Scale>("scale"),
    Entry::of::<down::Down>("down"),
    Entry::of::<wait::Wait>("wait"),
    Entry::of::<ps::Ps>("ps"),
    Entry::of::<logs::Logs>("logs"),
    Entry::of::<stop::Stop>("stop"),
    Entry::of::<exec::Exec>("exec"),
    Entry::of::<attach::Attach>("attach"),
    Entry::of::<export::Export>("export"),
    Entry::of::<import::Import>("import"),
    Entry::of::<init::Init>("init"),
    Entry::of::<fit::Fit>("fit"),
    Entry::of::<schema::Schema>("schema"),
    Entry::of::<gc::Gc>("gc"),
    about_program::<help::Help>("help"),
    about_program::<manual::Completions>("completions"),
    about_program::<manual::Manual>("man"),
    VERSION,
];

pub(super) const VERSION: Entry = Entry::of::<version::Version>("version");

/// A launch without a command's name.
pub(super) const UNNAMED: Entry = Entry {
    name: "run",
    grammar: Grammar::Docker {
        about: run::ABOUT,
        run: run::run,
        is_unnamed: true,
    },
};

const fn about_program<V: AboutProgram>(name: &'static str) -> Entry {
    let grammar = Grammar::Clap {
        command: V::command,
        run: |matches, edge| read::<V>(matches).run(program(), edge),
    };
    Entry { name, grammar }
}

/// Returns the command of this name.
pub(super) fn find(name: &str) -> Option<&'static Entry> {
    VERBS.iter().find(|verb| verb.name == name)
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
        .subcommands(VERBS.iter().map(Entry::command))
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
