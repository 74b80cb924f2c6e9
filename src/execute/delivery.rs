//! What is left to do when a build has exported its result.
//!
//! A set is published whole: its images are loaded and uploaded without names first, and names move
//! when every image is there.

use std::collections::BTreeSet;

use crate::buildkit::Store;
use crate::buildkit::export::{Export, ImageExport};
use crate::docker::number::boolean;
use crate::docker::reference::Reference;
use crate::registry::Place;

/// The names that move, and what moves them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Delivery {
    /// Names under which the engine pushes the image as soon as it is loaded.
    pub(super) to_push: Vec<String>,
    /// Names that the image gets in the engine at the end.
    pub(super) local_names: Vec<String>,
    /// Names that it gets in registries at the end.
    pub(super) registry_names: Vec<String>,
    /// Names that an image has which the engine loads from a builder.
    pub(super) loaded_names: Vec<String>,
    /// Whether the engine uploads the image, because BuildKit cannot.
    pub(super) engine_uploads: bool,
}

impl Delivery {
    /// Takes the names off exporters, to put them at the end.
    pub(super) fn withhold(exports: &mut [Export], to_push: Vec<String>, store: Store) -> Self {
        let mut delivery = Self {
            engine_uploads: !to_push.is_empty(),
            registry_names: to_push,
            ..Self::default()
        };
        for export in exports {
            match export {
                Export::Moby(moby) => delivery.local_names.append(&mut moby.image.names),
                // Whoever wants no name gets none.
                Export::Image(image) if is_by_digest(image) => {}
                Export::Image(image) if image.push => {
                    delivery
                        .registry_names
                        .extend(image.image.names.iter().cloned());
                    upload_only(image);
                }
                Export::Image(image) if store == Store::Containerd => {
                    delivery.local_names.append(&mut image.image.names);
                    let attributes = &mut image.image.attributes;
                    // As the engine's own exporter calls images without a name.
                    attributes.insert("dangling-name-prefix".into(), "moby-dangling".into());
                }
                Export::Image(_) | Export::Archive(_) | Export::Local(_) => {}
            }
        }
        delivery
    }

    /// Returns the repositories of the names in registries.
    pub(super) fn places(&self) -> BTreeSet<Place> {
        let names = self.registry_names.iter();
        let references = names.filter_map(|name| name.parse::<Reference>().ok());
        references.map(|reference| Place::of(&reference)).collect()
    }
}

/// Returns whether an image is pushed by its digest only, as it was asked for.
fn is_by_digest(export: &ImageExport) -> bool {
    let value = export.image.attributes.get("push-by-digest");
    export.push && value.is_some_and(|value| boolean(value) == Ok(true))
}

/// Makes an exporter upload an image that is known by its digest only.
fn upload_only(export: &mut ImageExport) {
    let names = export.image.names.iter();
    let repositories: BTreeSet<String> = names.map(|name| repository(name)).collect();
    export.image.names = repositories.into_iter().collect();
    for (name, value) in [("push-by-digest", "true"), ("store", "false")] {
        export.image.attributes.insert(name.into(), value.into());
    }
}

/// Returns a name without its tag.
fn repository(name: &str) -> String {
    let reference = name.parse::<Reference>();
    reference.map_or_else(|_| name.to_owned(), |reference| reference.familiar_name())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::buildkit::export::{ImageOptions, MobyExport};

    fn image(names: &[&str]) -> ImageOptions {
        ImageOptions {
            names: names.iter().map(|&name| name.to_owned()).collect(),
            ..ImageOptions::default()
        }
    }

    #[test]
    fn nothing_is_exported_under_a_name() {
        let mut exports = [
            Export::Moby(MobyExport {
                image: image(&["a:1"]),
            }),
            Export::Image(ImageExport {
                image: image(&["r.example:5000/a:1", "r.example:5000/a:latest"]),
                push: true,
            }),
        ];
        let delivery = Delivery::withhold(&mut exports, Vec::new(), Store::Containerd);
        assert!(exports[0].names().is_empty());
        assert_eq!(exports[1].names(), ["r.example:5000/a"]);
        assert_eq!(delivery.local_names, ["a:1"]);
        assert_eq!(delivery.registry_names.len(), 2);
        assert_eq!(delivery.places().len(), 1);
    }

    #[test]
    fn who_pushes_by_digest_wants_no_name() {
        for (value, names) in [("true", 0), ("1", 0), ("false", 1)] {
            let mut pushed = image(&["r.example/a"]);
            pushed
                .attributes
                .insert("push-by-digest".into(), value.into());
            let mut exports = [Export::Image(ImageExport {
                image: pushed,
                push: true,
            })];
            let delivery = Delivery::withhold(&mut exports, Vec::new(), Store::Containerd);
            assert_eq!(delivery.registry_names.len(), names, "{value}");
        }
    }

    #[test]
    fn a_classic_store_uploads_by_itself() {
        let mut exports = [Export::Moby(MobyExport {
            image: image(&["r.example/a:1"]),
        })];
        let to_push = vec!["r.example/a:1".to_owned()];
        let delivery = Delivery::withhold(&mut exports, to_push.clone(), Store::Classic);
        assert!(delivery.engine_uploads);
        assert_eq!(delivery.registry_names, to_push);
        assert_eq!(delivery.local_names, to_push);
    }
}
