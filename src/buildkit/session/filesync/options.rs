//! What the engine asks for when it opens a transfer.

use tonic::metadata::{MetadataMap, MetadataValue};

use crate::context::{ContextError, Filter};
use crate::docker::ignore::Rule;

/// The request of one transfer, from its gRPC metadata.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct TransferOptions {
    /// The name of the directory.
    pub(super) name: String,
    /// Patterns of what to send; everything, if there are none and nothing to follow.
    pub(super) include: Vec<String>,
    /// Patterns of what not to send.
    pub(super) exclude: Vec<String>,
    /// Paths to send with everything that symbolic links lead to.
    pub(super) follow: Vec<String>,
}

impl TransferOptions {
    pub(super) fn new(metadata: &MetadataMap) -> Self {
        Self {
            name: values(metadata, "dir-name").pop().unwrap_or_default(),
            include: values(metadata, "include-patterns"),
            exclude: values(metadata, "exclude-patterns"),
            follow: values(metadata, "followpaths"),
        }
    }

    /// Creates the filter, where `followed` is what the paths to follow lead to.
    pub(super) fn filter(&self, followed: Vec<String>) -> Result<Filter, ContextError> {
        let include = self
            .include
            .iter()
            .cloned()
            .chain(followed)
            .map(Rule::unnamed)
            .collect();
        let exclude = self.exclude.iter().map(Rule::unnamed).collect();
        Filter::new(include, exclude).map_err(|reason| ContextError::Pattern {
            file: String::new(),
            reason,
        })
    }
}

/// Returns the values of a key. Where one is not plain ASCII, all are escaped, and a second key
/// says so; engines before BuildKit 0.12 cannot send others.
fn values(metadata: &MetadataMap, key: &str) -> Vec<String> {
    let encoded = metadata
        .get(format!("{key}-encoded"))
        .is_some_and(|value| matches!(value.as_bytes(), b"1" | b"true"));
    let texts = metadata.get_all(key).iter().map(MetadataValue::as_bytes);
    texts
        .map(|bytes| {
            if encoded {
                query_unescape(bytes)
            } else {
                bytes.to_vec()
            }
        })
        .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
        .collect()
}

/// Undoes Go's `url.QueryEscape`; what is not an escape stays.
fn query_unescape(escaped: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(escaped.len());
    let mut rest = escaped;
    while let [first, behind @ ..] = rest {
        let (byte, behind) = match (first, behind) {
            (b'+', _) => (b' ', behind),
            (b'%', [high, low, after @ ..]) => match (digit(*high), digit(*low)) {
                (Some(high), Some(low)) => (high << 4 | low, after),
                _ => (b'%', behind),
            },
            (byte, _) => (*byte, behind),
        };
        plain.push(byte);
        rest = behind;
    }
    plain
}

fn digit(byte: u8) -> Option<u8> {
    let digit = char::from(byte).to_digit(16)?;
    u8::try_from(digit).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_repeat_and_may_be_escaped() {
        let mut metadata = MetadataMap::new();
        metadata.append("dir-name", "context".parse().unwrap());
        metadata.append("exclude-patterns", "a%20b".parse().unwrap());
        metadata.append("exclude-patterns", "c".parse().unwrap());
        metadata.append("followpaths", "%C3%A9+%2F%".parse().unwrap());
        metadata.append("followpaths-encoded", "1".parse().unwrap());
        let expected = TransferOptions {
            name: "context".into(),
            exclude: vec!["a%20b".into(), "c".into()],
            follow: vec!["\u{e9} /%".into()],
            ..TransferOptions::default()
        };
        assert_eq!(TransferOptions::new(&metadata), expected);
    }
}
