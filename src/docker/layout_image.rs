//! `oci-layout://DIR:TAG@DIGEST`: an image in a directory in the OCI image layout.

use super::digest::BlobDigest;

/// The tag that is meant where none is said.
pub const LATEST: &str = "latest";

/// Which image of a layout is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LayoutImage {
    /// The one that is tagged `latest`, or the only one.
    Default,
    /// The one with this tag or name.
    Tag(String),
    /// This very manifest.
    Digest(BlobDigest),
}

impl LayoutImage {
    /// Returns the tag to look for first.
    pub fn tag(&self) -> &str {
        match self {
            Self::Tag(tag) => tag,
            Self::Default | Self::Digest(_) => LATEST,
        }
    }
}
