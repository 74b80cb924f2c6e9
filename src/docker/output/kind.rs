//! Types of outputs, and what BuildKit's exporters know of each.

use crate::docker::attributes::ANNOTATION;
use crate::text::words;

words! {
    /// A type of output, by docker's word for it.
    pub enum OutputKind {
        /// An image in the engine's store, or as `docker load` takes it if it has a destination.
        Docker = "docker",
        /// An image in the worker's store.
        Image = "image",
        /// An image in a registry.
        Registry = "registry",
        /// An image in the OCI layout.
        Oci = "oci",
        /// The files of the result in an archive.
        Tar = "tar",
        /// The files of the result in a directory.
        Local = "local",
        /// An image in the engine's store.
        Moby = "moby",
        /// Nothing; the build only fills the cache.
        CacheOnly = "cacheonly",
    }
}

impl OutputKind {
    pub(super) fn is_image(self) -> bool {
        match self {
            Self::Docker | Self::Image | Self::Registry | Self::Oci | Self::Moby => true,
            Self::Tar | Self::Local | Self::CacheOnly => false,
        }
    }

    pub(super) fn needs_destination(self) -> bool {
        match self {
            Self::Oci | Self::Tar | Self::Local => true,
            Self::Docker | Self::Image | Self::Registry | Self::Moby | Self::CacheOnly => false,
        }
    }

    /// Returns the attributes that the exporters of BuildKit read.
    pub(super) fn known_attributes(self, has_destination: bool) -> Vec<&'static str> {
        const FORM: &[&str] = &[
            "name",
            ANNOTATION,
            "attestation-inline",
            "compression",
            "compression-level",
            "force-compression",
            "oci-mediatypes",
            "prefer-nondist-layers",
            "rewrite-timestamp",
            "source-date-epoch",
        ];
        const STORED: &[&str] = &["dangling-name-prefix", "name-canonical", "store", "unpack"];
        const PUSHED: &[&str] = &["push", "push-by-digest", "registry.insecure"];
        const FILES: &[&str] = &["attestation-prefix", "platform-split", "source-date-epoch"];
        let known: &[&[&str]] = match self {
            Self::CacheOnly => &[],
            Self::Image | Self::Registry => &[FORM, STORED, PUSHED],
            Self::Docker if has_destination => &[FORM, &["dest", "tar"]],
            Self::Oci => &[FORM, &["dest", "tar"]],
            Self::Docker | Self::Moby => &[FORM, STORED],
            Self::Local | Self::Tar => &[FILES, &["dest"]],
        };
        known.concat()
    }
}
