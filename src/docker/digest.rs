//! The name of a blob.

use std::fmt;
use std::str::FromStr;

use sha2::{Digest as _, Sha256};

use crate::hash::hex;

/// The SHA-256 of a blob, which is its name: `sha256:` and 64 hexadecimal digits.
///
/// It cannot be anything else, least of all a path.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct BlobDigest {
    hex: String,
}

/// A text that names no blob.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not of the form `sha256:` and 64 hexadecimal digits")]
pub struct NoDigest;

impl BlobDigest {
    /// Returns the digits without `sha256:`.
    pub fn hex(&self) -> &str {
        &self.hex
    }

    /// Ends a hash.
    pub fn of(hash: Sha256) -> Self {
        Self {
            hex: hex(&hash.finalize()),
        }
    }
}

impl FromStr for BlobDigest {
    type Err = NoDigest;

    fn from_str(text: &str) -> Result<Self, NoDigest> {
        let hex = text.strip_prefix("sha256:").ok_or(NoDigest)?;
        let digits = hex.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        if hex.len() == 64 && digits {
            Ok(Self { hex: hex.into() })
        } else {
            Err(NoDigest)
        }
    }
}

impl fmt::Display for BlobDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "sha256:{}", self.hex)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_digests_are_digests() {
        let empty = BlobDigest::of(Sha256::new());
        let text = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(empty.to_string(), text);
        assert_eq!(text.parse(), Ok(empty));
        for wrong in [
            "",
            "sha256:",
            "sha256:../../../../etc/passwd",
            &text.to_uppercase(),
            &text[..70],
            &text.replace("256", "512"),
        ] {
            assert_eq!(wrong.parse::<BlobDigest>(), Err(NoDigest), "{wrong}");
        }
    }
}
