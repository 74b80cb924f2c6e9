//! `dynrun --help`.

use std::fmt::Write as _;

use crate::cli::edge::Edge;
use crate::docker::run_flags::{CONTAINER, FlagDef, FlagKind, RUN};
use crate::exit::Exit;
use crate::launch::option::left_to_docker;
use crate::launch::request::OWN;

const USAGE: &str = "\
Launches inference images: docker run's flags, a profile's defaults, and checks that say what is wrong

Usage: dynrun [FLAGS] [IMAGE] [COMMAND]
       dynrun [FLAGS] --image IMAGE [COMMAND]
       dynrun [FLAGS] --framework NAME [--target NAME] [-- COMMAND]

Commands:
  explain [FLAGS]        Show each decision and where it came from
  wait NAME              Wait until a container is ready [--for LEVEL] [--timeout DURATION]
  ps                     List the containers that dynrun started
  logs NAME              Print a container's log [-f] [-n LINES]
  stop NAME...           Stop containers, and remove them [-t SECONDS] [--keep]
  exec NAME COMMAND      Run a command in a container [-it]
  attach NAME            Connect to a container that runs
  gc                     Remove containers that ended or whose dynrun was killed [--dry-run]
";

const CODES: &str = "\
Exit codes:
  the container's own    what its command ended with, 128+n after a signal
  125                    nothing was started: the request or the engine is wrong
  126, 127               the command cannot be run, or does not exist
  0, 124, 4, 5           wait: ready, timed out, the container ended, it answered wrongly
";

/// Prints the help.
pub(super) fn print(edge: &mut Edge) -> Exit {
    let own = section("Flags of dynrun", OWN.iter());
    let replaced = |flag: &&FlagDef| !OWN.iter().any(|own| own.name == flag.name);
    let docker = CONTAINER.iter().chain(RUN).filter(replaced);
    let docker = section(
        "Flags of docker run",
        docker.filter(|flag| !left_to_docker(flag.name)),
    );
    edge.ui.print(&format!("{USAGE}\n{own}\n{docker}\n{CODES}"));
    Exit::Done
}

fn section<'a>(title: &str, flags: impl Iterator<Item = &'a FlagDef>) -> String {
    let mut text = format!("{title}:\n");
    for flag in flags.filter(|flag| !flag.about.is_empty()) {
        let short = flag
            .short
            .map_or_else(|| "    ".to_owned(), |letter| format!("-{letter}, "));
        let value = match flag.kind {
            FlagKind::Value(value) => format!(" {value}"),
            FlagKind::Switch | FlagKind::SwitchOrWord => String::new(),
        };
        let left = format!("{short}--{}{value}", flag.name);
        // Writing to a string cannot fail.
        writeln!(text, "  {left:<36} {}", flag.about).ok();
    }
    text
}
