//! Options in front of a command, as in `dynbuild --profile-dir . lint`.

use std::ffi::OsString;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{CommandFactory as _, Parser as _, ValueEnum as _};

use super::args::Cli;
use crate::cli::display::ColorChoice;

/// Reads the words of a command line. Options that stand in front of a command belong to it.
pub(super) fn parse(words: &[OsString]) -> Result<Cli, clap::Error> {
    Cli::try_parse_from(words).or_else(|error| match behind_the_command(words, &error) {
        Some(words) => Cli::try_parse_from(words),
        None => Err(error),
    })
}

/// Returns the words with the command first, if that is what `error` is about.
fn behind_the_command(words: &[OsString], error: &clap::Error) -> Option<Vec<OsString>> {
    let Some(ContextValue::String(command)) = error.get(ContextKind::InvalidSubcommand) else {
        return None;
    };
    if error.kind() != ErrorKind::ArgumentConflict {
        return None;
    }
    // The same word may be the value of an option before: `--tag plan plan`.
    let ends_options = |index: &usize| Cli::try_parse_from(&words[..*index]).is_ok();
    let mut places = (1..words.len()).filter(|index| words[*index] == command.as_str());
    let start = places.find(ends_options)?;
    let end = start + path_length(&words[start..]);
    Some(
        [
            &words[..1],
            &words[start..end],
            &words[1..start],
            &words[end..],
        ]
        .concat(),
    )
}

/// Returns the command that a line means, for the way to its help: `dynbuild plan`.
pub(super) fn command(words: &[OsString]) -> String {
    let words = words.get(1..).unwrap_or_default();
    let path = words[..path_length(words)].iter();
    let path = path.map(|word| word.to_string_lossy());
    std::iter::once("dynbuild".into())
        .chain(path)
        .collect::<Vec<_>>()
        .join(" ")
}

/// Returns what a line that is wrong says about colours.
pub(super) fn color(words: &[OsString]) -> ColorChoice {
    let said = words.iter().enumerate().rev().find_map(|(index, word)| {
        let word = word.to_str()?;
        match word.strip_prefix("--color")? {
            "" => words.get(index + 1)?.to_str(),
            value => value.strip_prefix('='),
        }
    });
    said.and_then(|word| ColorChoice::from_str(word, false).ok())
        .unwrap_or_default()
}

/// Returns how many of the words name a command: two in `context ls -C .`.
fn path_length(words: &[OsString]) -> usize {
    let root = Cli::command();
    let mut command = &root;
    let mut length = 0;
    while let Some(sub) = words
        .get(length)
        .and_then(|word| command.find_subcommand(word))
    {
        command = sub;
        length += 1;
    }
    length
}

#[cfg(test)]
mod tests {
    use test_case::test_case;

    use super::*;

    fn words(line: &str) -> Vec<OsString> {
        line.split(' ').map(OsString::from).collect()
    }

    #[test_case("dynbuild --profile-dir . lint" => "dynbuild lint --profile-dir .")]
    #[test_case("dynbuild -C x context ls --format json" => "dynbuild context ls -C x --format json")]
    #[test_case("dynbuild --tag plan plan" => "dynbuild plan --tag plan")]
    #[test_case("dynbuild --tag=a -F vllm explain tag" => "dynbuild explain --tag=a -F vllm tag")]
    fn options_go_behind_the_command(line: &str) -> String {
        let words = words(line);
        let error = Cli::try_parse_from(&words).unwrap_err();
        let moved = behind_the_command(&words, &error).unwrap();
        assert!(parse(&words).is_ok());
        moved.join(" ".as_ref()).into_string().unwrap()
    }

    #[test_case("dynbuild context ls --x" => "dynbuild context ls")]
    #[test_case("dynbuild --x" => "dynbuild")]
    #[test_case("dynbuild" => "dynbuild")]
    fn the_command_of_a_line(line: &str) -> String {
        command(&words(line))
    }

    #[test_case("dynbuild --color never --x" => ColorChoice::Never)]
    #[test_case("dynbuild --color=always" => ColorChoice::Always)]
    #[test_case("dynbuild --color" => ColorChoice::Auto)]
    fn colours_of_a_line(line: &str) -> ColorChoice {
        color(&words(line))
    }

    #[test_case("dynbuild --tga x lint"; "an option that does not exist")]
    #[test_case("dynbuild --tag x lint"; "an option that the command does not have")]
    fn what_the_command_does_not_take_is_refused(line: &str) {
        assert!(parse(&words(line)).is_err());
    }
}
