//! A manifest or an index: a blob that names other blobs.

use serde::Deserialize;

use crate::docker::digest::BlobDigest;

/// What is said of a blob where it is named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) struct Descriptor {
    pub(in super::super) media_type: String,
    pub(in super::super) digest: BlobDigest,
    pub(in super::super) size: u64,
}

/// What manifests and indexes have in common, as far as it matters here.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Manifest {
    pub(super) media_type: String,
    config: Option<Named>,
    #[serde(default)]
    layers: Vec<Named>,
    #[serde(default)]
    manifests: Vec<Named>,
}

/// A blob that a manifest names.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Named {
    #[serde(default)]
    pub(super) media_type: String,
    pub(super) digest: String,
    pub(super) size: u64,
}

impl Manifest {
    /// Returns every blob that it names.
    pub(super) fn named(&self) -> impl Iterator<Item = &Named> {
        let parts = self.config.iter().chain(&self.layers);
        parts.chain(&self.manifests)
    }
}

impl Named {
    /// Returns whether it is a text that is read as a whole, and not a layer.
    pub(super) fn is_text(&self) -> bool {
        self.media_type.ends_with("json") || self.media_type.contains("cacheconfig")
    }

    /// Returns whether it names blobs itself.
    pub(super) fn is_manifest(&self) -> bool {
        ["manifest", "index"]
            .iter()
            .any(|word| self.media_type.contains(word))
    }
}
