//! The name of a thing by its content.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A content digest as BuildKit writes it, for example `sha256:4f2d…`.
///
/// It names vertexes (build steps), images and manifests. The text is kept as received: an engine
/// may use an algorithm that we do not know.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Digest(String);

impl Digest {
    /// Returns the digest with its algorithm.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns whether the engine sent none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<T: Into<String>> From<T> for Digest {
    fn from(text: T) -> Self {
        Self(text.into())
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
