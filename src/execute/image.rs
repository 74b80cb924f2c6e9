//! What an image is called, and what the engine says of it.

use super::delivery::Delivery;
use super::event::{BuiltTarget, Layers};
use super::run::Run;
use crate::buildkit::export::{Export, ExportResponse};
use crate::buildkit::{Digest, Store};
use crate::plan::{MANY_LAYERS, PlannedTarget, many_layers};
use crate::problem::Problem;

/// The names of an image.
pub(super) struct Names {
    pub(super) all: Vec<String>,
    /// Those that registries give it.
    pub(super) pushed: Vec<String>,
}

impl Names {
    /// Collects the names that exporters give, and those that are put later, each once.
    pub(super) fn of(exports: &[Export], delivery: &Delivery) -> Self {
        let Delivery {
            to_push,
            local_names,
            registry_names,
            loaded_names,
            engine_uploads: _,
        } = delivery;
        let mut pushed = [to_push.as_slice(), registry_names].concat();
        let mut all: Vec<String> = Vec::new();
        // Without names of its own, an exporter of repositories only uploads.
        let is_whole = !local_names.is_empty() || !registry_names.is_empty();
        if !is_whole {
            all.extend(exports.iter().flat_map(Export::names).cloned());
            for export in exports {
                match export {
                    Export::Image(image) if image.push => {
                        pushed.extend_from_slice(&image.image.names);
                    }
                    Export::Image(_) | Export::Moby(_) | Export::Archive(_) | Export::Local(_) => {}
                }
            }
        }
        all.extend(
            pushed
                .iter()
                .chain(local_names)
                .chain(loaded_names)
                .cloned(),
        );
        let mut seen = std::collections::BTreeSet::new();
        all.retain(|name| seen.insert(name.clone()));
        Self { all, pushed }
    }
}

impl Run<'_> {
    /// Returns what the engine calls an image that it has loaded.
    pub(super) fn loaded(&self, response: &ExportResponse) -> Option<Digest> {
        match self.client.capabilities().store {
            Store::Classic => response.config_digest(),
            Store::Containerd | Store::None => response.digest(),
        }
    }

    /// Asks the engine what it has now. The image is there, also if the engine has no answer.
    pub(super) async fn image(
        &self,
        target: &PlannedTarget,
        Names { all, pushed }: Names,
        delivery: &Delivery,
        response: &ExportResponse,
    ) -> BuiltTarget {
        let digest = self.loaded(response).map(|digest| digest.to_string());
        let known_as = if delivery.local_names.is_empty() {
            all.first().cloned()
        } else {
            digest
        };
        let stored = match (known_as, self.engine) {
            (Some(name), Some(engine)) => engine.image(&name).await,
            (Some(_) | None, None) | (None, Some(_)) => Ok(None),
        };
        let stored = match stored {
            Ok(stored) => stored,
            Err(error) => {
                let why = Problem::from(error);
                self.listener
                    .warn(Some(target), format!("Its size is not known: {why}"))
                    .await;
                None
            }
        };
        if let Some(layers) = stored.as_ref().map(|stored| stored.layers)
            && layers >= MANY_LAYERS
        {
            self.listener.warn(Some(target), many_layers(layers)).await;
        }
        BuiltTarget {
            digest: response.digest(),
            image_id: stored.as_ref().map(|stored| stored.id.as_str().into()),
            size_of: stored
                .as_ref()
                .and_then(|_| match self.client.capabilities().store {
                    Store::Classic => Some(Layers::Unpacked),
                    Store::Containerd => Some(Layers::Compressed),
                    Store::None => None,
                }),
            size: stored.map(|stored| stored.size),
            tags: all,
            pushed,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::buildkit::export::{ImageExport, ImageOptions, MobyExport};

    #[test]
    fn a_name_that_is_loaded_and_pushed_is_said_once() {
        let image = |names: &[&str]| ImageOptions {
            names: names.iter().map(|&name| name.to_owned()).collect(),
            ..ImageOptions::default()
        };
        let exports = [
            Export::Image(ImageExport {
                image: image(&["r/x:1"]),
                push: true,
            }),
            Export::Moby(MobyExport {
                image: image(&["r/x:1", "x:1"]),
            }),
        ];
        let names = Names::of(&exports, &Delivery::default());
        assert_eq!(names.all, ["r/x:1", "x:1"]);
        assert_eq!(names.pushed, ["r/x:1"]);
    }

    #[test]
    fn names_that_are_put_later_are_the_images() {
        let delivery = Delivery {
            registry_names: vec!["r/x:1".into()],
            local_names: vec!["x:1".into()],
            ..Delivery::default()
        };
        let names = Names::of(&[], &delivery);
        assert_eq!(names.all, ["r/x:1", "x:1"]);
    }
}
