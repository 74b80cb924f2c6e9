//! Ids that the engine gives. They become parts of paths and names of files, so that nothing but
//! what docker makes is taken.

use serde::{Deserialize as _, Deserializer, de};

/// Digits of an id.
const DIGITS: usize = 64;

/// Returns whether this is a whole id: 64 hexadecimal digits.
fn is_id(text: &str) -> bool {
    text.len() == DIGITS
        && text
            .bytes()
            .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// Reads a whole id, and refuses everything else.
pub(super) fn id<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let text = String::deserialize(deserializer)?;
    if is_id(&text) {
        Ok(text)
    } else {
        let shown = text.escape_debug();
        Err(de::Error::custom(format!("`{shown:.80}` is not an id")))
    }
}

/// Returns as much of an id as docker shows.
pub fn short_id(id: &str) -> &str {
    id.get(..12).unwrap_or(id)
}

#[cfg(test)]
mod tests {
    use test_case::test_case;

    use super::*;

    #[test_case(&"0123456789abcdef".repeat(4) => true)]
    #[test_case("" => false; "nothing")]
    #[test_case("../../x" => false; "a path")]
    #[test_case("/x" => false; "an absolute path")]
    #[test_case("0123456789ab" => false; "a short id")]
    #[test_case(&"0123456789ABCDEF".repeat(4) => false; "upper case")]
    #[test_case(&"../456789abcdef01".repeat(4) => false; "a path of the same length")]
    #[test_case(&format!("{}\u{e9}", "0".repeat(62)) => false; "64 bytes")]
    fn ids_are_64_digits(text: &str) -> bool {
        is_id(text)
    }
}
