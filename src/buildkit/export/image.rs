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
    /// All else under BuildKit's own names, for example `compression`; what may stand here depends
    /// on the exporter, and the engine drops without a word what it does not know.
    pub attributes: BTreeMap<String, String>,
}

impl ImageOptions {
    pub(super) fn attributes(&self) -> BTreeMap<String, String> {
        let mut attributes = self.attributes.clone();
        if !self.names.is_empty() {
            attributes.insert("name".into(), self.names.join(","));
        }
        attributes
    }
}
