//! An image: its names and its form.

use std::collections::BTreeMap;

/// An image in the worker's store, in a registry, or in both.
#[derive(Clone, Debug, Default)]
pub struct ImageExport {
    /// Names and form of the image.
    pub image: ImageOptions,
    /// Whether to push it under its names.
    pub push: bool,
}

impl ImageExport {
    pub(super) fn attributes(&self) -> BTreeMap<String, String> {
        let mut attributes = self.image.attributes();
        if self.push {
            attributes.insert("push".into(), "true".into());
        }
        attributes
    }
}

/// Names and form of an image.
#[derive(Clone, Debug, Default)]
pub struct ImageOptions {
    /// References to give it, for example `dynamo:1.2-runtime`.
    pub names: Vec<String>,
    /// How layers are compressed; the engine's default (gzip) if not set.
    pub compression: Option<Compression>,
    /// Annotations of its manifest. They need OCI media types, which are then used.
    pub annotations: BTreeMap<String, String>,
    /// Whether file times later than `SOURCE_DATE_EPOCH` are set to it.
    pub rewrite_timestamps: bool,
}

impl ImageOptions {
    pub(super) fn attributes(&self) -> BTreeMap<String, String> {
        let Self {
            names,
            compression,
            annotations,
            rewrite_timestamps,
        } = self;
        let mut attributes = BTreeMap::new();
        if !names.is_empty() {
            attributes.insert("name".into(), names.join(","));
        }
        if let Some(compression) = compression {
            attributes.extend(compression.attributes());
        }
        if !annotations.is_empty() {
            attributes.insert("oci-mediatypes".into(), "true".into());
        }
        for (key, value) in annotations {
            attributes.insert(format!("annotation.{key}"), value.clone());
        }
        if *rewrite_timestamps {
            attributes.insert("rewrite-timestamp".into(), "true".into());
        }
        attributes
    }
}

/// How layers are compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Compression {
    /// The algorithm.
    pub kind: CompressionKind,
    /// How hard to try, on the algorithm's own scale.
    pub level: Option<u8>,
    /// Whether layers of the base image are compressed anew as well.
    pub force: bool,
}

impl Compression {
    fn attributes(self) -> impl Iterator<Item = (String, String)> {
        let level = self
            .level
            .map(|level| ("compression-level".into(), level.to_string()));
        let force = self
            .force
            .then(|| ("force-compression".into(), "true".into()));
        let zstd = self.kind == CompressionKind::Zstd;
        // Docker's own media types know no zstd.
        let media_types = zstd.then(|| ("oci-mediatypes".into(), "true".into()));
        [("compression".into(), self.kind.as_str().into())]
            .into_iter()
            .chain(level)
            .chain(force)
            .chain(media_types)
    }
}

/// An algorithm that layers may be compressed with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CompressionKind {
    /// Not at all: the fastest, for images that stay on the machine.
    Uncompressed,
    /// What every engine reads.
    Gzip,
    /// Gzip that can be pulled lazily.
    Estargz,
    /// Smaller and several times as fast as gzip.
    Zstd,
}

impl CompressionKind {
    /// Returns BuildKit's word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Uncompressed => "uncompressed",
            Self::Gzip => "gzip",
            Self::Estargz => "estargz",
            Self::Zstd => "zstd",
        }
    }
}
