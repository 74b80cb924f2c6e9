//! One stream of bytes.

use std::collections::BTreeMap;

use super::image::ImageOptions;
use crate::buildkit::session::Destination;

/// An image or a file system as one stream of bytes.
#[derive(Debug)]
pub struct Archive {
    /// What is in it.
    pub format: ArchiveFormat,
    /// Names and form of the image; [`ArchiveFormat::Tar`] takes attributes, but no names.
    pub image: ImageOptions,
    /// Where it goes: a file or a writer.
    pub destination: Destination,
}

impl Archive {
    pub(super) fn attributes(&self) -> BTreeMap<String, String> {
        match self.format {
            ArchiveFormat::Oci | ArchiveFormat::Docker => self.image.attributes(),
            ArchiveFormat::Tar => self.image.attributes.clone(),
        }
    }
}

/// What is in an archive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ArchiveFormat {
    /// An image in the OCI layout.
    Oci,
    /// An image as `docker load` takes it.
    Docker,
    /// The files of the result.
    Tar,
}

impl ArchiveFormat {
    /// Returns the exporter's name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Oci => "oci",
            Self::Docker => "docker",
            Self::Tar => "tar",
        }
    }
}
