//! Reading a line that calls build.sh.

use super::call::Call;
use super::table::{OPTIONS, Row, Takes, find};
use crate::problem::{Problem, Problems};
use crate::suggest::closest;

/// An option with its value.
#[derive(Clone, Debug)]
pub(super) struct Said {
    pub(super) row: &'static Row,
    /// Empty for switches.
    pub(super) value: String,
}

/// A line as build.sh would have understood it.
#[derive(Clone, Debug, Default)]
pub(super) struct Line {
    /// Variables that were set for build.sh only, as in `TARGET=dev build.sh`.
    pub(super) variables: Vec<(String, String)>,
    /// The options, in order.
    pub(super) said: Vec<Said>,
    /// What is worth knowing about the reading.
    pub(super) notes: Vec<String>,
}

/// Splits a line as a shell does.
///
/// # Errors
/// Fails when a quote is not closed.
pub(super) fn split(text: &str) -> Result<Vec<String>, Problem> {
    let hint = "Quote it as for a shell, or give the words themselves: `dynbuild import -- WORDS`";
    let wrong = |_| Problem::usage("A quote of the line is not closed").hint(hint);
    shell_words::split(&with_separators(text)).map_err(wrong)
}

/// Writes a separator behind each line that ends a command, for the shell's words do not tell lines
/// from spaces. Lines that go on, by a backslash or an open quote, stay as they are.
fn with_separators(text: &str) -> String {
    let (mut separated, mut quote, mut is_escaped) = (String::new(), None, false);
    for character in text.chars().filter(|character| *character != '\r') {
        let begins_word = separated.ends_with(char::is_whitespace);
        separated.push(character);
        if std::mem::take(&mut is_escaped) {
            continue;
        }
        match (character, quote) {
            ('\n', None | Some('#')) => {
                quote = None;
                separated.push_str(";\n");
            }
            ('\\', None | Some('"')) => is_escaped = true,
            ('#', None) if begins_word => quote = Some('#'),
            ('\'' | '"', None) => quote = Some(character),
            ('\'' | '"', Some(open)) if open == character => quote = None,
            _ => {}
        }
    }
    separated
}

/// Reads the options of a call of build.sh.
///
/// # Errors
/// Returns every word that build.sh would not have understood.
pub(super) fn read(call: Call) -> Result<Line, Problems> {
    let mut line = Line {
        variables: call.variables,
        said: Vec::new(),
        notes: call.notes,
    };
    let mut problems = Vec::new();
    let mut rest = call.words.iter();
    while let Some(word) = rest.next() {
        if word.is_empty() {
            line.notes.push(
                "An empty word is left out; build.sh ignored everything behind it".to_owned(),
            );
            continue;
        }
        let (name, own) = match word.split_once('=') {
            Some((name, value)) if name.starts_with("--") => (name, Some(value)),
            _ => (word.as_str(), None),
        };
        let Some(row) = find(name) else {
            problems.push(unknown(name));
            continue;
        };
        let value = match (row.takes, own) {
            (Takes::Nothing, None) => Some(String::new()),
            (Takes::Nothing, Some(_)) => None,
            (Takes::Last | Takes::All, Some(value)) => Some(value.to_owned()),
            (Takes::Last | Takes::All, None) => {
                let next = rest.as_slice().first().filter(|next| find(next).is_none());
                let value = next.cloned();
                if value.is_some() {
                    rest.next();
                }
                value
            }
        };
        match value {
            Some(value) if row.takes == Takes::Nothing || !value.is_empty() => {
                line.said.push(Said { row, value });
            }
            _ => problems.push(wrong_value(row)),
        }
    }
    Problems(problems).or(line)
}

fn unknown(name: &str) -> Problem {
    let message = format!("build.sh has no option `{name}`");
    let problem = Problem::usage(message);
    let problem = match closest(name, OPTIONS.iter().map(|row| row.original)) {
        Some(similar) => problem.hint(format!("Did you mean `{similar}`?")),
        None => problem,
    };
    problem.hint("Its options: `dynbuild import --list`")
}

fn wrong_value(row: &Row) -> Problem {
    let message = match row.takes {
        Takes::Nothing => format!("`{}` has no value", row.original),
        Takes::Last | Takes::All => format!("The value of `{}` is missing", row.original),
    };
    Problem::usage(message).hint("Its options: `dynbuild import --list`")
}

#[cfg(test)]
mod tests {
    use test_case::test_case;

    use super::*;

    fn said(line: &str) -> Vec<String> {
        let line = read(Call::find(&split(line).unwrap()).unwrap()).unwrap();
        let said = line.said.iter();
        said.map(|said| {
            format!("{} {}", said.row.original, said.value)
                .trim_end()
                .to_owned()
        })
        .collect()
    }

    #[test_case("./container/build.sh --framework VLLM --no-cache" => vec!["--framework VLLM", "--no-cache"]; "with its path")]
    #[test_case("bash container/build.sh --tag 'a b' --tag=c" => vec!["--tag a b", "--tag c"]; "both spellings")]
    #[test_case("--target dev" => vec!["--target dev"]; "options alone")]
    #[test_case("build.sh \\\n  --target dev \\\n  --push" => vec!["--target dev", "--push"]; "several lines")]
    #[test_case("build.sh --push 2>&1 | tee log" => vec!["--push"]; "a pipe")]
    #[test_case("build.sh -h" => vec!["--help"]; "short")]
    #[test_case("build.sh --push '' --no-load" => vec!["--push", "--no-load"]; "an empty word")]
    #[test_case("build.sh --build-arg A='--x' " => vec!["--build-arg A=--x"]; "a value with dashes")]
    #[test_case("build.sh --push\ndocker ps\n" => vec!["--push"]; "a line behind it")]
    #[test_case("cd dynamo # a 'comment\r\nbuild.sh --push \\\r\n --no-load" => vec!["--push", "--no-load"]; "lines of Windows, with a comment")]
    #[test_case("build.sh --build-arg 'A=b\nc'" => vec!["--build-arg A=b\nc"]; "a line within quotes")]
    fn a_line_is_read(line: &str) -> Vec<String> {
        said(line)
    }

    #[test_case("build.sh --framwork x" => vec!["build.sh has no option `--framwork`", "build.sh has no option `x`"]; "a typo")]
    #[test_case("build.sh --target --no-cache" => vec!["The value of `--target` is missing"]; "an option as value")]
    #[test_case("build.sh --target" => vec!["The value of `--target` is missing"]; "at the end")]
    #[test_case("build.sh --tag=" => vec!["The value of `--tag` is missing"]; "empty")]
    #[test_case("build.sh --push=yes" => vec!["`--push` has no value"]; "a switch with a value")]
    #[test_case("build.sh && build.sh" => Vec::<String>::new(); "two calls, the second cut off")]
    fn what_is_wrong_is_told(line: &str) -> Vec<String> {
        let call = Call::find(&split(line).unwrap()).unwrap();
        let problems = read(call).err().unwrap_or_default().0;
        problems.iter().map(ToString::to_string).collect()
    }
}
