//! Into the engine's own image store.

use std::collections::BTreeMap;

use super::image::ImageOptions;

/// An image in the engine's store.
///
/// The classic store's exporter drops all options but the names, which
/// [`check_export`](crate::buildkit::capabilities::Capabilities::check_export) refuses: layers there are not
/// compressed, and annotations have no place.
#[derive(Clone, Debug, Default)]
pub struct MobyExport {
    /// Names and form of the image.
    pub image: ImageOptions,
}

impl MobyExport {
    pub(super) fn attributes(&self) -> BTreeMap<String, String> {
        self.image.attributes()
    }
}
