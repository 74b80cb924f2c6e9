//! What is made of a build's result: one file per exporter.

mod archive;
mod image;
mod local;
mod moby;
mod response;

use std::collections::BTreeMap;

pub use archive::{Archive, ArchiveFormat};
pub use image::{ImageExport, ImageOptions};
pub use local::LocalExport;
pub use moby::MobyExport;
pub use response::ExportResponse;

use super::session::Destination;

/// A thing to make of the result. A build may make several.
#[derive(Debug)]
pub enum Export {
    /// An image in the engine's store (`docker build --load`).
    Moby(MobyExport),
    /// An image in the worker's store or in a registry (`--output type=image`).
    Image(ImageExport),
    /// An image or a file system as one stream of bytes (`type=oci|docker|tar`).
    Archive(Archive),
    /// The files of the result in a directory of ours (`type=local`).
    Local(LocalExport),
}

impl Export {
    /// Returns the exporter's name on the wire.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Moby(_) => "moby",
            Self::Image(_) => "image",
            Self::Archive(archive) => archive.format.as_str(),
            Self::Local(_) => "local",
        }
    }

    /// Returns the names that the engine or a registry gives the image.
    ///
    /// Old engines do not repeat them in their [`ExportResponse`].
    pub fn names(&self) -> &[String] {
        match self {
            Self::Moby(export) => &export.image.names,
            Self::Image(export) => &export.image.names,
            Self::Archive(_) | Self::Local(_) => &[],
        }
    }

    pub(super) fn attributes(&self) -> BTreeMap<String, String> {
        match self {
            Self::Moby(export) => export.attributes(),
            Self::Image(export) => export.attributes(),
            Self::Archive(export) => export.attributes(),
            Self::Local(export) => export.attributes(),
        }
    }

    /// Returns where we put what the engine sends us, if this exporter sends anything.
    pub(super) fn into_destination(self) -> Option<Destination> {
        match self {
            Self::Moby(_) | Self::Image(_) => None,
            Self::Archive(export) => Some(export.destination),
            Self::Local(export) => Some(Destination::Directory(export.directory)),
        }
    }
}
