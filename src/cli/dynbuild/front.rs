//! Options in front of a command, as in `dynbuild --profile-dir . lint`.

use std::ffi::OsString;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{CommandFactory as _, Parser as _};

use super::args::Cli;

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

    #[test_case("dynbuild --tga x lint"; "an option that does not exist")]
    #[test_case("dynbuild --tag x lint"; "an option that the command does not have")]
    fn what_the_command_does_not_take_is_refused(line: &str) {
        assert!(parse(&words(line)).is_err());
    }
}
