//! Escapes of URLs, `%20` for a space.

/// Replaces escapes by what they stand for; nothing if one is broken or the result is not UTF-8.
pub(crate) fn decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let high = char::from(rest.next()?).to_digit(16)?;
            let low = char::from(rest.next()?).to_digit(16)?;
            bytes.push(u8::try_from(high * 16 + low).ok()?);
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).ok()
}

/// Escapes what would end the part of a URL that the text is for.
pub(super) fn encode(text: &str) -> String {
    let escaped = text.chars().map(|character| match character {
        '%' | '?' | '#' | '@' | ' ' => format!("%{:02X}", u32::from(character)),
        other => other.to_string(),
    });
    escaped.collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{decode, encode};

    #[test]
    fn broken_escapes_are_none() {
        assert_eq!(decode("a%2"), None);
        assert_eq!(decode("%+1"), None);
        assert_eq!(decode("%ff"), None);
        assert_eq!(decode("%C3%A9"), Some("\u{e9}".into()));
    }

    proptest! {
        #[test]
        fn what_is_escaped_is_read_back(text in ".{0,12}") {
            prop_assert_eq!(decode(&encode(&text)), Some(text));
        }
    }
}
