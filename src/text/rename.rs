//! A command that renames what has a name that is not UTF-8.

use std::ffi::OsStr;
use std::fmt::Write as _;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

/// Returns a shell command that renames the first part of `path` that is not UTF-8; each character
/// that is none becomes `_`. The old name is spelled so that it survives a copy from any terminal.
pub fn utf8_rename(path: &Path) -> String {
    let mut old = PathBuf::new();
    for component in path.components() {
        old.push(component);
        if component.as_os_str().to_str().is_none() {
            break;
        }
    }
    let new = old.to_string_lossy().replace('\u{fffd}', "_");
    format!(
        "mv \"$(printf '{}')\" {}",
        printf_format(old.as_os_str()),
        shell_words::quote(&new)
    )
}

/// Returns a format for `printf` between single quotes.
fn printf_format(name: &OsStr) -> String {
    let mut format = String::new();
    for &byte in name.as_bytes() {
        match byte {
            b'%' => format.push_str("%%"),
            b'\'' | b'\\' | b'`' | ..0x20 | 0x7f.. => {
                write!(format, "\\{byte:03o}").expect("a text takes all");
            }
            byte => format.push(char::from(byte)),
        }
    }
    format
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use test_case::test_case;

    use super::*;

    fn path(bytes: &[u8]) -> PathBuf {
        PathBuf::from(OsStr::from_bytes(bytes))
    }

    #[test_case(b"/x/caf\xe9/b" => "mv \"$(printf '/x/caf\\351')\" /x/caf_"; "the rest stays")]
    #[test_case(b"/x/a b\xff\xfe/c\xe9" => "mv \"$(printf '/x/a b\\377\\376')\" '/x/a b__'"; "spaces")]
    #[test_case(b"it's 5% \xe9" => "mv \"$(printf 'it\\047s 5%% \\351')\" 'it'\\''s 5% _'"; "what printf and the shell know")]
    fn commands(bytes: &[u8]) -> String {
        utf8_rename(&path(bytes))
    }

    #[test]
    fn a_shell_renames_it() {
        let scratch = tempfile::tempdir().unwrap();
        let old = scratch.path().join(path(b"it's 5%\t$x `y` \\ \xe9"));
        fs_err::create_dir(&old).unwrap();
        let command = utf8_rename(&old.join("inner"));
        let ran = Command::new("sh").args(["-ec", &command]).status();
        assert!(ran.unwrap().success(), "{command}");
        let left = fs_err::read_dir(scratch.path())
            .unwrap()
            .next()
            .unwrap()
            .unwrap();
        assert_eq!(left.file_name().to_str().unwrap(), "it's 5%\t$x `y` \\ _");
    }
}
