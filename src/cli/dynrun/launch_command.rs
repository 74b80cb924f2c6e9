//! The options of a launch as clap knows them: for help, completion and the reference. What is
//! typed is taken apart by [`FlagTable`](crate::docker::run_flags::FlagTable), as docker does.

use clap::{Arg, ArgAction, Command, ValueHint};

use crate::docker::run_flags::{CONTAINER, FlagDef, FlagKind, RUN, Repeat};
use crate::launch::option::left_to_docker;
use crate::launch::request::OWN;

const OURS: &str = "Options of dynrun";
const DOCKERS: &str = "Options of docker run";

/// The two forms of a launch.
const USAGE: &str = "[OPTIONS] [IMAGE] [COMMAND]...
       dynrun [OPTIONS] --framework NAME [--target NAME] [--] [COMMAND]...";

/// Returns a command that takes what a launch takes.
pub(super) fn launch_command(name: &'static str) -> Command {
    Command::new(name)
        .override_usage(format!("dynrun {name} {USAGE}"))
        .disable_help_flag(true)
        .args(options())
        .arg(
            Arg::new("words")
                .num_args(0..)
                .trailing_var_arg(true)
                .hide(true),
        )
}

/// Returns the options of a launch: dynrun's, then docker's.
pub(super) fn options() -> impl Iterator<Item = Arg> {
    let ours = OWN.iter().map(|flag| option(flag).help_heading(OURS));
    let replaced = |flag: &&FlagDef| OWN.iter().any(|own| own.name == flag.name);
    let dockers = CONTAINER.iter().chain(RUN);
    let dockers = dockers.filter(move |flag| !replaced(flag) && !left_to_docker(flag.name));
    ours.chain(dockers.map(|flag| option(flag).help_heading(DOCKERS)))
}

fn option(flag: &'static FlagDef) -> Arg {
    let option = Arg::new(flag.name)
        .long(flag.name)
        .help(flag.about)
        // A second or an old spelling.
        .hide(flag.about.is_empty());
    let option = match flag.short {
        Some(letter) => option.short(letter),
        None => option,
    };
    match (flag.kind, flag.repeat) {
        (FlagKind::Switch | FlagKind::SwitchOrWord, _) => option.action(ArgAction::SetTrue),
        (FlagKind::Value(value), repeat) => {
            let action = match repeat {
                Repeat::Adds => ArgAction::Append,
                Repeat::Replaces => ArgAction::Set,
            };
            option
                .action(action)
                .value_name(value)
                .value_hint(hint(value))
        }
    }
}

fn hint(value: &str) -> ValueHint {
    match value {
        "dir" | "path" => ValueHint::DirPath,
        "file" => ValueHint::FilePath,
        _ => ValueHint::Other,
    }
}
