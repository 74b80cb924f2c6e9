//! What is typed after `dynrun`: options, a command, and what belongs to it.

use clap::{ArgMatches, FromArgMatches as _, ValueEnum as _};

use super::commands::{self, program};
use super::verb::{DisplayArgs, Entry, Grammar};
use super::{help, unknown_word};
use crate::cli::display::ColorChoice as Choice;
use crate::cli::edge::Edge;
use crate::cli::exit::Exit;
use crate::cli::usage;
use crate::docker::run_flags::{FlagError, Parsed};
use crate::launch::request::{self, Asked, Request};
use crate::problem::Problems;
use crate::ui::ColorChoice;

/// A command line that names a command, or launches.
#[derive(Debug)]
pub(super) enum Line {
    /// A command with clap's arguments.
    Command {
        display: DisplayArgs,
        matches: Box<ArgMatches>,
        run: fn(&ArgMatches, &mut Edge) -> Result<Exit, Problems>,
    },
    /// A command with the arguments of `docker run`.
    Launch {
        entry: &'static Entry,
        arguments: Vec<String>,
        run: fn(&Request, &mut Edge) -> Result<Exit, Problems>,
        is_unnamed: bool,
    },
    /// The text of help or version.
    Help(clap::Error),
}

impl Line {
    /// Reads the arguments, without the program's name.
    ///
    /// Options may stand in front of the command. Without a command, dynrun launches: then the
    /// first word is an image, as for docker, and one that looks like a command is refused,
    /// because the image of a typing error must not be pulled and run.
    pub(super) fn read(arguments: &[String]) -> Result<Self, Problems> {
        let (entry, arguments) = match arguments.split_first() {
            Some((first, rest)) if first == "--version" || first == "-V" => {
                (&commands::VERSION, rest.to_vec())
            }
            _ => split(arguments)?,
        };
        match entry.grammar {
            Grammar::Clap { run, .. } => Self::command(entry, &arguments, run),
            Grammar::Docker {
                run, is_unnamed, ..
            } => Ok(Self::Launch {
                entry,
                arguments,
                run,
                is_unnamed,
            }),
        }
    }

    fn command(
        entry: &'static Entry,
        arguments: &[String],
        run: fn(&ArgMatches, &mut Edge) -> Result<Exit, Problems>,
    ) -> Result<Self, Problems> {
        let name = [entry.name.to_owned()];
        let read = entry
            .command()
            .try_get_matches_from(name.iter().chain(arguments));
        let read = read.and_then(|matches| Ok((DisplayArgs::from_arg_matches(&matches)?, matches)));
        match read {
            Ok((display, matches)) => Ok(Self::Command {
                display,
                matches: Box::new(matches),
                run,
            }),
            Err(error) => {
                let typed = format!("dynrun {}", entry.name);
                match usage::problem(&error, &typed) {
                    Some(problem) => Err(problem.into()),
                    None => Ok(Self::Help(error)),
                }
            }
        }
    }

    /// Returns when colours are wanted.
    pub(super) fn color(&self) -> ColorChoice {
        match self {
            Self::Command { display, .. } => display.color.into(),
            Self::Launch { arguments, .. } => {
                let parsed = request::flags().parse(arguments).unwrap_or_default();
                let choice = parsed
                    .value("color")
                    .map(|text| Choice::from_str(text, false));
                choice.and_then(Result::ok).unwrap_or_default().into()
            }
            Self::Help(_) => ColorChoice::Auto,
        }
    }

    /// Does what was asked for.
    pub(super) fn run(self, edge: &mut Edge) -> Result<Exit, Problems> {
        match self {
            Self::Command {
                display,
                matches,
                run,
            } => {
                edge.verbose = display.verbose;
                run(&matches, edge)
            }
            Self::Launch {
                entry,
                arguments,
                run,
                is_unnamed,
            } => match Request::parse(&arguments)? {
                Asked::Help if is_unnamed => Ok(help::print(&mut program(), edge)),
                Asked::Help => Ok(help::print(&mut entry.command(), edge)),
                Asked::Run(request) => run(&request, edge),
            },
            Self::Help(text) => {
                // A reader that has seen enough is none of our concern.
                text.print().ok();
                Ok(Exit::Done)
            }
        }
    }
}

/// Takes the command off the arguments, and moves the options in front of it behind it.
fn split(arguments: &[String]) -> Result<(&'static Entry, Vec<String>), Problems> {
    let launch = || (&commands::UNNAMED, arguments.to_vec());
    let parsed = match request::flags().parse(arguments) {
        Ok(parsed) => parsed,
        // An option of the command that docker's grammar does not have.
        Err(FlagError::Unknown { .. } | FlagError::UnknownShort { .. }) => {
            return Ok(before_command(arguments).unwrap_or_else(launch));
        }
        Err(_) => return Ok(launch()),
    };
    if let Some(problem) = unknown_word::verbose_in_front(&parsed) {
        return Err(problem.into());
    }
    let Some(word) = first_word(&parsed) else {
        return Ok(launch());
    };
    let (front, rest) = arguments.split_at(arguments.len() - parsed.positionals.len());
    match commands::find(word) {
        Some(entry) => Ok((entry, [front, &rest[1..]].concat())),
        None => match unknown_word::problem(front, rest) {
            Some(problem) => Err(problem.into()),
            None => Ok(launch()),
        },
    }
}

/// Returns the word that is a command or an image: the first, unless an option names the image, or
/// a lone `--` says that there is none.
fn first_word(parsed: &Parsed) -> Option<&str> {
    let chosen = Request::IMAGE_FLAGS.iter().any(|flag| parsed.has(flag));
    let first = parsed.positionals.first().map(String::as_str);
    first.filter(|_| !chosen && !parsed.terminated)
}

fn before_command(arguments: &[String]) -> Option<(&'static Entry, Vec<String>)> {
    let mut words = arguments.iter().enumerate();
    let (place, entry) = words.find_map(|(place, word)| Some((place, commands::find(word)?)))?;
    let mut rest = arguments.to_vec();
    rest.remove(place);
    Some((entry, rest))
}

#[cfg(test)]
mod tests {
    use test_case::test_case;

    use super::*;

    /// Returns the command and its arguments, or the refusal and its hints.
    fn read(line: &str) -> String {
        match split(&shell_words::split(line).unwrap()) {
            Ok((entry, rest)) => [&[entry.name.to_owned()], &rest[..]].concat().join(" "),
            Err(Problems(problems)) => {
                let problem = &problems[0];
                let texts = [std::slice::from_ref(&problem.message), &problem.hints].concat();
                texts.join("; ")
            }
        }
    }

    #[test_case("", "run"; "nothing launches")]
    #[test_case("--mount-workspace", "run --mount-workspace"; "options alone launch")]
    #[test_case("ps -q", "ps -q")]
    #[test_case("--color never ps", "ps --color never"; "options in front")]
    #[test_case("-n 5 logs x", "logs -n 5 x"; "the value of an unknown option in front")]
    #[test_case("-f logs x", "logs -f x"; "an option of the command alone")]
    #[test_case("--gpus all run ps", "run --gpus all ps"; "an image that is called like a command")]
    #[test_case("-it busybox ps", "run -it busybox ps"; "a command of the container")]
    #[test_case("--image busybox ps", "run --image busybox ps"; "the image is an option")]
    #[test_case("--framework vllm logs", "run --framework vllm logs"; "the framework is an option")]
    #[test_case("-- ps", "run -- ps"; "a lone double dash")]
    #[test_case("-d vllm/vllm-openai:latest serve", "run -d vllm/vllm-openai:latest serve"; "an image")]
    fn commands_and_images_are_told_apart(line: &str, expected: &str) {
        assert_eq!(read(line), expected);
    }
}
