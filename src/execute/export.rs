//! A planned output as an exporter of BuildKit.

use std::path::PathBuf;

use tokio::io::DuplexStream;

use crate::buildkit::Store;
use crate::buildkit::export::{
    Archive, ArchiveFormat, Export, ImageExport, ImageOptions, LocalExport, MobyExport,
};
use crate::buildkit::session;
use crate::docker::output::{Destination, Output, OutputKind};
use crate::profile::Compression;

/// How much of an image may be on its way between a builder and the engine, in bytes.
const PIPE: usize = 1 << 20;

/// The exporters of a build, and what they leave to others.
#[derive(Debug, Default)]
pub(super) struct ExportPlan {
    pub(super) exports: Vec<Export>,
    /// Names that the engine has to push after the build: with the classic store, BuildKit loads
    /// images only.
    pub(super) to_push: Vec<String>,
    /// An image that the engine has to load, from a builder without images of its own.
    pub(super) loading: Option<DuplexStream>,
    /// The names that it has.
    pub(super) loaded_names: Vec<String>,
}

/// Makes the exporters of the outputs of an image with these names.
pub(super) fn exports(
    outputs: &[Output],
    names: &[String],
    store: Store,
    compression: Option<Compression>,
) -> ExportPlan {
    let mut exports: Vec<Export> = Vec::new();
    let mut to_push = Vec::new();
    let mut loading = None;
    let mut loaded_names = Vec::new();
    for output in outputs {
        if store == Store::None && output.is_loaded() && loading.is_none() {
            loaded_names = output.names.clone().unwrap_or_else(|| names.to_vec());
            let (export, archive) = sent(output, loaded_names.clone());
            exports.push(export);
            loading = Some(archive);
            continue;
        }
        match export(output, names, store) {
            Some(Export::Image(ImageExport { image, push: true })) if store == Store::Classic => {
                to_push.extend(image.names.iter().cloned());
                load(&mut exports, MobyExport { image });
            }
            Some(Export::Moby(moby)) => load(&mut exports, moby),
            other => exports.extend(other),
        }
    }
    store_once(&mut exports);
    compress(&mut exports, store, compression);
    ExportPlan {
        exports,
        to_push,
        loading,
        loaded_names,
    }
}

/// Makes the exporter of an image that is sent to us, and what it is read from.
fn sent(output: &Output, names: Vec<String>) -> (Export, DuplexStream) {
    let (archive, sink) = tokio::io::duplex(PIPE);
    let export = Export::Archive(Archive {
        format: ArchiveFormat::Docker,
        image: ImageOptions {
            names,
            attributes: output.attributes.clone(),
        },
        destination: session::Destination::Writer(Box::new(sink)),
    });
    (export, archive)
}

/// Keeps what is pushed out of the store if it is loaded anyway: of two exporters that give one name
/// at once, one fails.
fn store_once(exports: &mut [Export]) {
    let is_loaded = exports
        .iter()
        .any(|export| matches!(export, Export::Moby(_)));
    for export in exports.iter_mut().filter(|_| is_loaded) {
        if let Export::Image(ImageExport { image, push: true }) = export {
            image.attributes.insert("store".into(), "false".into());
        }
    }
}

/// Packs layers as it was asked for. The containerd store packs those of an image that nobody else
/// gets too: with zstd that takes a third of the time of gzip, and less than not at all, because less
/// is written. An image that is pushed as well is packed once, for the registry.
fn compress(exports: &mut [Export], store: Store, asked: Option<Compression>) {
    let is_pushed = |export: &Export| matches!(export, Export::Image(image) if image.push);
    let loads_only = !exports.iter().any(is_pushed);
    for export in exports {
        let (image, usual) = match export {
            // The classic store keeps files.
            Export::Moby(_) | Export::Image(_) if store == Store::Classic => continue,
            Export::Moby(moby) => (&mut moby.image, loads_only.then_some(Compression::Zstd)),
            Export::Image(image) => (&mut image.image, None),
            Export::Archive(archive) if archive.format != ArchiveFormat::Tar => {
                (&mut archive.image, None)
            }
            Export::Archive(_) | Export::Local(_) => continue,
        };
        if let Some(compression) = asked.or(usual) {
            let value = compression.as_str().to_owned();
            image
                .attributes
                .entry("compression".into())
                .or_insert(value);
        }
    }
}

/// Adds an image for the engine's store. That takes it once, with all of its names.
fn load(exports: &mut Vec<Export>, more: MobyExport) {
    let known = exports.iter_mut().find_map(|export| match export {
        Export::Moby(moby) => Some(moby),
        Export::Image(_) | Export::Archive(_) | Export::Local(_) => None,
    });
    let Some(MobyExport { image }) = known else {
        exports.push(Export::Moby(more));
        return;
    };
    let names = more.image.names.into_iter();
    let new: Vec<_> = names.filter(|name| !image.names.contains(name)).collect();
    image.names.extend(new);
    image.attributes.extend(more.image.attributes);
}

/// Makes the exporter of an output of an image with these names; none if it only fills the cache.
fn export(output: &Output, names: &[String], store: Store) -> Option<Export> {
    let image = ImageOptions {
        names: output.names.clone().unwrap_or_else(|| names.to_vec()),
        attributes: output.attributes.clone(),
    };
    let archive = |format, image| {
        Export::Archive(Archive {
            format,
            image,
            destination: destination(output),
        })
    };
    Some(match output.kind {
        OutputKind::CacheOnly => return None,
        OutputKind::Docker if output.destination.is_some() => archive(ArchiveFormat::Docker, image),
        OutputKind::Docker | OutputKind::Moby => Export::Moby(MobyExport { image }),
        OutputKind::Oci => archive(ArchiveFormat::Oci, image),
        OutputKind::Tar => archive(ArchiveFormat::Tar, image),
        OutputKind::Local => Export::Local(LocalExport {
            directory: path(output),
            attributes: image.attributes,
        }),
        OutputKind::Image | OutputKind::Registry => {
            let push = output.push.unwrap_or(output.kind == OutputKind::Registry);
            // The classic store has another word for an image that stays in it.
            if store == Store::Classic && !push {
                Export::Moby(MobyExport { image })
            } else {
                Export::Image(ImageExport { image, push })
            }
        }
    })
}

fn path(output: &Output) -> PathBuf {
    match &output.destination {
        Some(Destination::Path(path)) => path.clone(),
        Some(Destination::Stdout) | None => PathBuf::from("-"),
    }
}

fn destination(output: &Output) -> session::Destination {
    match &output.destination {
        Some(Destination::Path(path)) => session::Destination::File(path.clone()),
        Some(Destination::Stdout) | None => {
            session::Destination::Writer(Box::new(tokio::io::stdout()))
        }
    }
}

#[cfg(test)]
mod tests {
    use test_case::test_case;

    use super::*;

    #[test_case("type=docker", Store::Classic => "moby")]
    #[test_case("type=docker", Store::Containerd => "moby")]
    #[test_case("type=docker,dest=x.tar", Store::Containerd => "docker")]
    #[test_case("type=image", Store::Classic => "moby")]
    #[test_case("type=image", Store::Containerd => "image")]
    #[test_case("type=image,push=false", Store::Classic => "moby")]
    #[test_case("type=image,push=true", Store::Classic => "image"; "what the classic store refuses")]
    #[test_case("type=registry", Store::Containerd => "image")]
    #[test_case("type=oci,dest=x", Store::Containerd => "oci")]
    #[test_case("out", Store::Classic => "local")]
    #[test_case("-", Store::Classic => "tar")]
    fn outputs_become_exporters(text: &str, store: Store) -> &'static str {
        let output = text.parse().unwrap();
        export(&output, &["a:1".to_owned()], store).unwrap().kind()
    }

    #[test_case("type=image", false)]
    #[test_case("type=image,push=1", true)]
    #[test_case("type=registry", true)]
    #[test_case("type=registry,push=f", false)]
    fn what_is_pushed(text: &str, pushed: bool) {
        let output = text.parse().unwrap();
        let Some(Export::Image(export)) = export(&output, &[], Store::Containerd) else {
            panic!("no image")
        };
        assert_eq!(export.push, pushed);
    }

    #[test]
    fn a_classic_store_loads_once_and_pushes_afterwards() {
        let outputs = ["type=registry", "type=docker,name=b:1", "type=tar,dest=x"];
        let outputs = outputs.map(|text| text.parse().unwrap());
        let names = ["r.example/a:1".to_owned()];
        let ExportPlan {
            exports, to_push, ..
        } = exports(&outputs, &names, Store::Classic, None);
        let kinds: Vec<_> = exports.iter().map(Export::kind).collect();
        assert_eq!(kinds, ["moby", "tar"]);
        assert_eq!(exports[0].names(), ["r.example/a:1", "b:1"]);
        assert_eq!(to_push, names);
        let ExportPlan { to_push, .. } = super::exports(&outputs, &names, Store::Containerd, None);
        assert!(to_push.is_empty());
    }

    #[test]
    fn a_builder_without_images_sends_what_is_loaded() {
        let outputs = ["type=docker".parse().unwrap()];
        let made = exports(&outputs, &["a:1".to_owned()], Store::None, None);
        assert_eq!(made.exports[0].kind(), "docker");
        assert!(made.loading.is_some());
    }

    #[test]
    fn nothing_is_made_of_a_result_that_only_fills_the_cache() {
        let output = "type=cacheonly".parse().unwrap();
        assert!(export(&output, &[], Store::Classic).is_none());
    }

    #[test_case(&["type=docker"], Store::Containerd, None => vec![Some("zstd".to_owned())]; "loaded")]
    #[test_case(&["type=docker"], Store::Classic, Some(Compression::Gzip) => vec![None]; "files")]
    #[test_case(&["type=docker"], Store::Containerd, Some(Compression::Gzip) => vec![Some("gzip".to_owned())]; "asked for")]
    #[test_case(&["type=docker", "type=registry"], Store::Containerd, None => vec![None, None]; "pushed too")]
    #[test_case(&["type=docker,compression=gzip"], Store::Containerd, Some(Compression::Zstd) => vec![Some("gzip".to_owned())]; "the output says it")]
    #[test_case(&["type=tar,dest=x"], Store::Containerd, Some(Compression::Zstd) => vec![None]; "no image")]
    fn layers_are_packed(
        outputs: &[&str],
        store: Store,
        asked: Option<Compression>,
    ) -> Vec<Option<String>> {
        let outputs: Vec<_> = outputs.iter().map(|text| text.parse().unwrap()).collect();
        let made = exports(&outputs, &["r/a:1".to_owned()], store, asked);
        let packed = |export: &Export| {
            let attributes = match export {
                Export::Moby(moby) => &moby.image.attributes,
                Export::Image(image) => &image.image.attributes,
                Export::Archive(archive) => &archive.image.attributes,
                Export::Local(local) => &local.attributes,
            };
            attributes.get("compression").cloned()
        };
        made.exports.iter().map(packed).collect()
    }
}
