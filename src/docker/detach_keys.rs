//! The keys that leave an attached container running: `ctrl-p,ctrl-q`.

use std::fmt;
use std::str::FromStr;

use super::as_text::as_text;
use super::hinted::hinted;

/// A sequence of keys, as the bytes that a terminal sends for them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DetachKeys(Vec<u8>);

/// A key that there is not.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a key to detach with")]
pub struct KeyError(String);

hinted!(
    KeyError,
    "write letters, `ctrl-LETTER`, `ctrl-` and one of `@[\\]^_`, or DEL, joined by commas"
);

/// What `ctrl-` can stand before, in the order of the bytes that result.
const CONTROLS: &str = "@abcdefghijklmnopqrstuvwxyz[\\]^_";

const DELETE: u8 = 127;

impl DetachKeys {
    /// Returns the bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }
}

impl Default for DetachKeys {
    /// `ctrl-p,ctrl-q`.
    fn default() -> Self {
        Self(vec![16, 17])
    }
}

impl FromStr for DetachKeys {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        text.split(',').map(key).collect::<Result<_, _>>().map(Self)
    }
}

fn key(name: &str) -> Result<u8, KeyError> {
    let refuse = || KeyError(name.to_owned());
    if let [byte] = name.as_bytes() {
        return Ok(*byte);
    }
    if name == "DEL" {
        return Ok(DELETE);
    }
    let letter = name
        .strip_prefix("ctrl-")
        .filter(|letter| letter.len() == 1)
        .ok_or_else(refuse)?;
    let code = CONTROLS.find(letter).ok_or_else(refuse)?;
    u8::try_from(code).map_err(|_| refuse())
}

impl fmt::Display for DetachKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (nth, byte) in self.0.iter().enumerate() {
            f.write_str(if nth == 0 { "" } else { "," })?;
            match (CONTROLS.chars().nth(usize::from(*byte)), *byte) {
                (Some(letter), _) => write!(f, "ctrl-{letter}")?,
                (None, DELETE) => f.write_str("DEL")?,
                (None, byte) => write!(f, "{}", char::from(byte))?,
            }
        }
        Ok(())
    }
}

as_text!(DetachKeys);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::docker::reads_back::reads_back;
    use test_case::test_case;

    #[test_case("ctrl-p,ctrl-q", &[16, 17])]
    #[test_case("ctrl-@,a,DEL,ctrl-_", &[0, b'a', 127, 31])]
    #[test_case("ctrl-[", &[27])]
    fn keys_are_the_bytes_that_a_terminal_sends(text: &str, bytes: &[u8]) {
        let keys: DetachKeys = text.parse().unwrap();
        assert_eq!(keys.bytes(), bytes);
        assert_eq!(keys.to_string(), text);
    }

    #[test_case("")]
    #[test_case("ctrl-")]
    #[test_case("ctrl-P")]
    #[test_case("ctrl-ab")]
    #[test_case("esc")]
    #[test_case("a,,b")]
    fn other_keys_are_refused(text: &str) {
        assert!(text.parse::<DetachKeys>().is_err());
    }

    reads_back!(DetachKeys, "(ctrl-)?[ -~](,(ctrl-)?[a-z])?");
}
