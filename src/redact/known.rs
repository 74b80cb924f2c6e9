//! Masks known secret values in text on its way out.

use std::borrow::Cow;

use aho_corasick::{AhoCorasick, MatchKind};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::mask::MASK;
use super::shown::{also, shown_text};
use crate::secret::Secret;

/// Values shorter than this are not masked: `8` as a secret number of jobs would hide every 8.
const SHORTEST: usize = 5;

/// Replaces the values of known secrets with `****`.
#[derive(Clone, Debug, Default)]
pub struct Redactor {
    finder: Option<AhoCorasick>,
}

impl Redactor {
    /// Creates a redactor for these values, which also masks them base64-encoded and, where they
    /// have several lines (keys), line by line.
    pub fn new<'a>(secrets: impl IntoIterator<Item = &'a Secret>) -> Self {
        let mut needles: Vec<Vec<u8>> = secrets
            .into_iter()
            .map(Secret::expose)
            .filter(|value| !is_certificates(value))
            .flat_map(needles)
            .collect();
        needles.sort_unstable();
        needles.dedup();
        if needles.is_empty() {
            return Self::default();
        }
        let finder = AhoCorasick::builder()
            .match_kind(MatchKind::LeftmostLongest)
            .build(&needles);
        // Building fails only beyond 2^31 states, which is gigabytes of secrets.
        Self {
            finder: finder.ok(),
        }
    }

    /// Returns `text` with every known value masked.
    pub fn redact<'t>(&self, text: &'t str) -> Cow<'t, str> {
        match &self.finder {
            Some(finder) if finder.is_match(text) => {
                let masks = vec![MASK; finder.patterns_len()];
                Cow::Owned(finder.replace_all(text, &masks))
            }
            _ => Cow::Borrowed(text),
        }
    }

    /// Returns `bytes` with every known value masked.
    pub fn redact_bytes<'t>(&self, bytes: &'t [u8]) -> Cow<'t, [u8]> {
        match &self.finder {
            Some(finder) if finder.is_match(bytes) => {
                let masks = vec![MASK; finder.patterns_len()];
                Cow::Owned(finder.replace_all_bytes(bytes, &masks))
            }
            _ => Cow::Borrowed(bytes),
        }
    }

    /// Returns `text` of others with every known value masked, and what looks like a secret.
    pub fn show<'t>(&self, text: &'t str) -> Cow<'t, str> {
        also(self.redact(text), shown_text)
    }

    /// Returns `bytes` of others with every known value masked, and what looks like a secret.
    pub fn show_bytes<'t>(&self, bytes: &'t [u8]) -> Cow<'t, [u8]> {
        let masked = self.redact_bytes(bytes);
        match std::str::from_utf8(&masked).map(shown_text) {
            Ok(Cow::Owned(text)) => Cow::Owned(text.into_bytes()),
            Ok(Cow::Borrowed(_)) | Err(_) => masked,
        }
    }
}

/// Returns whether a value is a bundle of certificates. These go to builds as a secret because
/// they must not stay in a layer, but they are public; and thousands of lines to look for would
/// cost more time than an unchanged build takes.
fn is_certificates(value: &[u8]) -> bool {
    let mut inside = false;
    let mut found = false;
    for line in value.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii) {
        match line {
            b"-----BEGIN CERTIFICATE-----" => (inside, found) = (true, true),
            b"-----END CERTIFICATE-----" => inside = false,
            b"" | [b'#', ..] => {}
            _ if !inside => return false,
            _ => {}
        }
    }
    found
}

fn needles(value: &[u8]) -> Vec<Vec<u8>> {
    let trimmed = value.trim_ascii();
    let whole = [trimmed.to_vec(), STANDARD.encode(trimmed).into_bytes()];
    let lines = trimmed
        .split(|byte| *byte == b'\n')
        .map(|line| line.trim_ascii().to_vec())
        // The armour of PEM files is public, and masking it would hide which kind of file it is.
        .filter(|line| !line.starts_with(b"-----"));
    whole
        .into_iter()
        .chain(lines)
        .filter(|needle| needle.len().min(trimmed.len()) >= SHORTEST)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masks_the_value_and_its_base64() {
        let redactor = Redactor::new(&[Secret::new("hf_canary\n")]);
        assert_eq!(
            redactor.redact("token=hf_canary Basic aGZfY2FuYXJ5"),
            "token=**** Basic ****"
        );
        assert_eq!(redactor.redact("nothing here"), "nothing here");
        assert_eq!(*redactor.redact_bytes(b"\xffhf_canary"), *b"\xff****");
    }

    #[test]
    fn masks_keys_line_by_line() {
        let key = "-----BEGIN KEY-----\nMIIBOgIBAAJB\nAKj34GkxFhD9\n-----END KEY-----\n";
        let redactor = Redactor::new(&[Secret::new(key)]);
        assert_eq!(redactor.redact("line: AKj34GkxFhD9"), "line: ****");
        assert_eq!(
            redactor.redact("-----BEGIN KEY-----"),
            "-----BEGIN KEY-----"
        );
    }

    #[test]
    fn certificates_are_public_but_what_stands_beside_them_is_not() {
        let bundle = "# CA\n-----BEGIN CERTIFICATE-----\nMIIBOgIBAAJB\n-----END CERTIFICATE-----\n";
        let redacted = |value: String| {
            let redactor = Redactor::new(&[Secret::new(value)]);
            redactor.redact("MIIBOgIBAAJB").into_owned()
        };
        assert_eq!(redacted(bundle.to_owned()), "MIIBOgIBAAJB");
        assert_eq!(redacted(format!("{bundle}token-1234\n")), "****");
    }

    #[test]
    fn the_longer_of_two_values_wins() {
        let secrets = [Secret::new("canary"), Secret::new("canary-long")];
        assert_eq!(Redactor::new(&secrets).redact("canary-long!"), "****!");
    }

    #[test]
    fn short_and_empty_values_mask_nothing() {
        let redactor = Redactor::new(&[Secret::new("8"), Secret::new("")]);
        assert_eq!(redactor.redact("jobs=8"), "jobs=8");
    }
}
