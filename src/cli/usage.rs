//! clap's refusals in the words and the layout of every other problem.

use std::error::Error as _;
use std::num::{IntErrorKind, ParseIntError};

use clap::Error;
use clap::error::{ContextKind, ContextValue, ErrorKind};

use crate::problem::{Problem, capitalized};
use crate::suggest::closest;
use crate::toml_file::UnknownWord;

/// Returns what is wrong with a command line; nothing if help or the version was asked for.
///
/// The command is the one that was typed (`dynrun wait`), for the way to its help.
pub(super) fn problem(error: &Error, command: &str) -> Option<Problem> {
    let message = match error.kind() {
        ErrorKind::DisplayHelp
        | ErrorKind::DisplayVersion
        | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => return None,
        kind => message(kind, error),
    };
    let mut problem = Problem::usage(message);
    problem.causes.extend(error.source().map(reason));
    problem.hints.extend(hints(error));
    let unknown = error
        .source()
        .and_then(<dyn std::error::Error>::downcast_ref);
    problem.hints.extend(unknown.map(nearest_word));
    if problem.hints.is_empty() {
        problem = problem.hint(format!("Read `{command} --help`"));
    }
    Some(problem)
}

/// Returns why a value was refused; numbers are refused by Rust and by clap in words of their own.
fn reason(source: &(dyn std::error::Error + 'static)) -> String {
    if let Some(number) = source.downcast_ref::<ParseIntError>() {
        let reason = match number.kind() {
            IntErrorKind::PosOverflow | IntErrorKind::NegOverflow => "the number is too large",
            IntErrorKind::Zero => "it has to be at least 1",
            _ => "it is not a whole number",
        };
        return reason.to_owned();
    }
    let text = source.to_string();
    let range = text.split_once(" is not in ");
    match range.and_then(|(_, range)| range.split_once("..=")) {
        Some((least, greatest)) => format!("it is not between {least} and {greatest}"),
        None => text,
    }
}

fn message(kind: ErrorKind, error: &Error) -> String {
    let argument = text(error, ContextKind::InvalidArg);
    let value = text(error, ContextKind::InvalidValue);
    match kind {
        ErrorKind::UnknownArgument if argument.starts_with('-') => {
            format!("Unknown option `{argument}`")
        }
        ErrorKind::UnknownArgument => format!("Unexpected argument `{argument}`"),
        ErrorKind::InvalidSubcommand => unknown_command(error),
        // A word behind options would be a command, and that is not allowed for commands.
        ErrorKind::ArgumentConflict if argument.is_empty() => unknown_command(error),
        ErrorKind::InvalidValue if value.is_empty() => format!("`{argument}` needs a value"),
        ErrorKind::InvalidValue | ErrorKind::ValueValidation => {
            format!("Invalid value `{value}` for `{argument}`")
        }
        ErrorKind::MissingRequiredArgument => format!("Missing {}", quoted(&argument)),
        ErrorKind::ArgumentConflict => {
            let other = text(error, ContextKind::PriorArg);
            match other.as_str() {
                "" => format!("`{argument}` cannot be combined with the other options"),
                other if other == argument => format!("`{argument}` is given twice"),
                other => format!("`{argument}` cannot be combined with {}", quoted(other)),
            }
        }
        _ => first_line(error),
    }
}

fn unknown_command(error: &Error) -> String {
    let word = text(error, ContextKind::InvalidSubcommand);
    format!("Unknown command `{word}`")
}

/// What clap prints of an error that has no message of ours, without its head and its usage.
fn first_line(error: &Error) -> String {
    let rendered = error.render().to_string();
    let line = rendered.lines().next().unwrap_or_default();
    capitalized(line.trim_start_matches("error: "))
}

fn hints(error: &Error) -> Vec<String> {
    let mut hints = Vec::new();
    for kind in [
        ContextKind::SuggestedArg,
        ContextKind::SuggestedSubcommand,
        ContextKind::SuggestedValue,
    ] {
        hints.extend(first(error, kind).map(|similar| format!("Did you mean `{similar}`?")));
    }
    if let Some(valid) = error.get(ContextKind::ValidValue) {
        let valid = quoted(&valid.to_string());
        if !valid.is_empty() {
            hints.push(format!("The valid values are {valid}"));
        }
    }
    if let Some(usage) = usage(error).filter(|_| error.kind() == ErrorKind::MissingRequiredArgument)
    {
        hints.push(format!("Write `{usage}`"));
    }
    hints
}

fn usage(error: &Error) -> Option<String> {
    let usage = error.get(ContextKind::Usage)?.to_string();
    Some(usage.trim().strip_prefix("Usage: ")?.to_owned())
}

fn text(error: &Error, kind: ContextKind) -> String {
    error.get(kind).map(ToString::to_string).unwrap_or_default()
}

/// Returns what to write instead of a word that is none of a few.
fn nearest_word(unknown: &UnknownWord) -> String {
    match closest(&unknown.word, unknown.valid.iter().copied()) {
        Some(word) => format!("Did you mean `{word}`?"),
        None => format!("Write one of `{}`", unknown.valid.join("`, `")),
    }
}

/// Returns the first of the values, which is the most likely of several suggestions.
fn first(error: &Error, kind: ContextKind) -> Option<String> {
    match error.get(kind)? {
        ContextValue::Strings(values) => values.last().cloned(),
        value => Some(value.to_string()),
    }
}

/// Returns a list of clap's with each of its parts in backticks.
fn quoted(list: &str) -> String {
    let parts = list.split(", ").filter(|part| !part.is_empty());
    let parts: Vec<_> = parts.map(|part| format!("`{part}`")).collect();
    parts.join(", ")
}
