//! The files of `--env-file` and `--label-file`: one `NAME=VALUE` per line.
//!
//! Leading white space goes, `#` starts a comment, and everything else stays as it is: no quotes,
//! no `$`, no `export`.

use std::str;

use super::env::EnvVar;
use super::hinted::Hinted;

/// What is wrong with one line. Never holds a value, because values are often secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line} {fault}")]
pub struct LineError {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong with it.
    pub fault: LineFault,
}

/// What can be wrong with a line.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LineFault {
    /// It is not UTF-8.
    #[error("is not UTF-8 text")]
    NotUtf8,
    /// There is nothing before the `=`.
    #[error("has no name before its `=`")]
    NoName,
    /// There is white space in the name.
    #[error("has white space in its name")]
    WhiteSpace {
        /// Whether it is the `export` of a shell script.
        export: bool,
    },
    /// It is too long for docker.
    #[error("is longer than 64 KiB")]
    TooLong,
}

impl Hinted for LineError {
    fn hint(&self) -> Option<String> {
        match self.fault {
            LineFault::NotUtf8 => Some("save the file as UTF-8".to_owned()),
            LineFault::NoName => Some("write `NAME=VALUE`".to_owned()),
            LineFault::WhiteSpace { export: true } => Some("remove the word `export`".to_owned()),
            LineFault::WhiteSpace { export: false } => {
                Some("remove the white space before the `=`".to_owned())
            }
            LineFault::TooLong => None,
        }
    }
}

/// The most bytes of a line, without its end.
const MAX_LINE: usize = 64 * 1024 - 1;

const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// Reads a file. A name alone takes its value from `lookup`, and is left out if there is none.
///
/// All wrong lines are reported together.
pub fn parse(
    content: &[u8],
    lookup: impl Fn(&str) -> Option<String>,
) -> Result<Vec<EnvVar>, Vec<LineError>> {
    let content = content.strip_prefix(BYTE_ORDER_MARK).unwrap_or(content);
    let (mut variables, mut errors) = (Vec::new(), Vec::new());
    for (number, bytes) in content.split(|byte| *byte == b'\n').enumerate() {
        match line(bytes) {
            Ok(variable) => variables.extend(variable),
            Err(fault) => errors.push(LineError {
                line: number + 1,
                fault,
            }),
        }
    }
    if !errors.is_empty() {
        return Err(errors);
    }
    let resolved = variables
        .into_iter()
        .map(|variable: EnvVar| variable.or_from(&lookup));
    Ok(resolved
        .filter(|variable| variable.value().is_some())
        .collect())
}

fn line(bytes: &[u8]) -> Result<Option<EnvVar>, LineFault> {
    if bytes.len() > MAX_LINE {
        return Err(LineFault::TooLong);
    }
    let bytes = bytes.strip_suffix(b"\r").unwrap_or(bytes);
    let text = str::from_utf8(bytes)
        .map_err(|_| LineFault::NotUtf8)?
        .trim_start();
    if text.is_empty() || text.starts_with('#') {
        return Ok(None);
    }
    let variable: EnvVar = text.parse().map_err(|_| LineFault::NoName)?;
    if variable.name().contains([' ', '\t']) {
        let export = variable.name().starts_with("export ");
        return Err(LineFault::WhiteSpace { export });
    }
    Ok(Some(variable))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(content: &[u8]) -> Result<String, String> {
        let lookup = |name: &str| (name == "HOME").then(|| "/home/u".to_owned());
        let join = |parts: Vec<String>| parts.join("|");
        match parse(content, lookup) {
            Ok(variables) => Ok(join(variables.iter().map(ToString::to_string).collect())),
            Err(errors) => Err(join(errors.iter().map(ToString::to_string).collect())),
        }
    }

    #[test]
    fn lines_are_read_as_docker_does() {
        let content = b"\xEF\xBB\xBF# comment\r\nA=1\r\n  B= x \n\n\t# C\nD=\"q\" # no comment\nHOME\nMISSING\nE=";
        assert_eq!(
            read(content).unwrap(),
            "A=1|B= x |D=\"q\" # no comment|HOME=/home/u|E="
        );
    }

    #[test]
    fn all_wrong_lines_are_reported_without_their_values() {
        let content = b"=hunter2\nA =hunter2\nok=1\nexport B=hunter2\n\xFF\xFEx";
        let errors = read(content).unwrap_err();
        let expected = "line 1 has no name before its `=`|line 2 has white space in its name|\
                        line 4 has white space in its name|line 5 is not UTF-8 text";
        assert_eq!(errors, expected);
    }

    #[test]
    fn a_shell_script_is_recognised() {
        let errors = parse(b"export A=1", |_| None).unwrap_err();
        assert_eq!(errors[0].hint().unwrap(), "remove the word `export`");
    }

    #[test]
    fn lines_have_at_most_64_kib() {
        let long = |length: usize| format!("A={}\nB=1", "x".repeat(length - 2)).into_bytes();
        assert!(read(&long(65_535)).is_ok());
        assert_eq!(
            read(&long(65_536)).unwrap_err(),
            "line 1 is longer than 64 KiB"
        );
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(content: Vec<u8>) {
            drop(parse(&content, |_| None));
        }
    }
}
