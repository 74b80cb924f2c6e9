//! What an engine can do, and what to say where it cannot.

use std::collections::BTreeMap;
use std::fmt;

use thiserror::Error;

use super::export::{ArchiveFormat, Export};
use super::proto::control::types::WorkerRecord;
use super::proto::pb;
use super::request::{FrontendContext, SolveRequest};
use crate::dial::EngineVersion;
use crate::docker::api_version::ApiVersion;
use crate::docker::cache::CacheKind;
use crate::problem::{Problem, ProblemKind};

/// Workers of an engine with the containerd image store, and of `buildkitd`, say how they keep
/// layers; those of an engine with the classic store do not.
const SNAPSHOTTER_LABEL: &str = "org.mobyproject.buildkit.worker.snapshotter";

/// Docker 23: the Dockerfile frontend takes named contexts.
const NAMED_CONTEXTS: ApiVersion = ApiVersion::new(1, 42);

/// Docker 26 (BuildKit 0.13): a build has several exporters.
const SEVERAL_EXPORTS: ApiVersion = ApiVersion::new(1, 45);

/// Docker 25 (BuildKit 0.12): a gateway runs the steps of a result when it is asked for it.
const EVALUATED_RESULTS: ApiVersion = ApiVersion::new(1, 44);

/// Docker 28: maps of messages are read whatever they hold (from 27.4 on, which says no API of its own).
const PLACES_OF_STEPS: ApiVersion = ApiVersion::new(1, 48);

/// What keeps the images that are built.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Store {
    /// An engine's own store (drivers such as overlay2).
    Classic,
    /// An engine's containerd.
    Containerd,
    /// Nothing: a `buildkitd` has no images, only results to export.
    None,
}

impl fmt::Display for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Classic => "the classic image store",
            Self::Containerd => "the containerd image store",
            Self::None => "no image store",
        })
    }
}

/// What an engine can do, by its own word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Capabilities {
    /// What keeps its images.
    pub store: Store,
    /// What the engine says of itself; `buildkitd` says nothing.
    pub engine: Option<EngineVersion>,
    /// Platforms that its workers can run steps for, the native one first.
    pub platforms: Vec<String>,
    /// What its first worker says of itself.
    pub labels: BTreeMap<String, String>,
}

/// Something that was asked for and that the engine cannot do.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("The engine cannot {what}: {why}")]
pub struct Unsupported {
    /// What was asked for, continuing "the engine cannot".
    pub what: String,
    /// Why it cannot.
    pub why: String,
    /// What to do instead, if there is something.
    pub instead: Option<String>,
}

impl From<Unsupported> for Problem {
    fn from(error: Unsupported) -> Self {
        let mut problem = Self::from_error(ProblemKind::Engine, &error);
        problem.hints.extend(error.instead);
        problem
    }
}

impl Capabilities {
    pub(super) fn new(engine: Option<EngineVersion>, workers: Vec<WorkerRecord>) -> Self {
        let first = workers.into_iter().next().unwrap_or_default();
        let store = match &engine {
            None => Store::None,
            Some(_) if first.labels.contains_key(SNAPSHOTTER_LABEL) => Store::Containerd,
            Some(_) => Store::Classic,
        };
        let platforms = first.platforms.iter().map(platform).collect();
        Self {
            store,
            engine,
            platforms,
            labels: first.labels.into_iter().collect(),
        }
    }

    /// Returns whether the gateway runs the steps of a result before it answers, if told so.
    pub(super) fn evaluates_results(&self) -> bool {
        !self.is_older_than(EVALUATED_RESULTS)
    }

    /// Returns whether steps may be sent with their places in a source.
    pub(super) fn takes_sources(&self) -> bool {
        !self.is_older_than(PLACES_OF_STEPS)
    }

    /// Replaces `host-gateway` by the address that the engine gives it, as docker's client does.
    pub fn resolve_gateway(&self, hosts: &mut [(String, String)]) -> Option<Unsupported> {
        const LABEL: &str = "org.mobyproject.buildkit.worker.moby.host-gateway-ip";
        let gateway = self.labels.get(LABEL);
        for (_, address) in hosts
            .iter_mut()
            .filter(|(_, address)| address == "host-gateway")
        {
            match gateway {
                Some(gateway) => address.clone_from(gateway),
                None => {
                    return Some(unsupported(
                        "resolve `host-gateway` for steps",
                        "it does not say which address that is",
                        "Name the address: `--add-host NAME:IP`",
                    ));
                }
            }
        }
        None
    }

    /// Returns everything that `request` asks for and the engine cannot do.
    pub fn check(&self, request: &SolveRequest) -> Vec<Unsupported> {
        let exports = request
            .exports
            .iter()
            .filter_map(|export| self.check_export(export));
        let caches = request.cache_exports.iter();
        let caches = caches.filter_map(|entry| self.check_cache_export(entry.kind()));
        let imports = request.cache_imports.iter();
        let imports = imports.filter_map(|entry| self.check_cache_import(entry.kind()));
        let others = [
            self.check_several_exports(request),
            self.check_platforms(request),
            self.check_attestations(request),
            self.check_contexts(request),
            self.check_layouts(request),
        ];
        exports
            .chain(caches)
            .chain(imports)
            .chain(others.into_iter().flatten())
            .collect()
    }

    /// Returns what is wrong with an export, if something is.
    pub fn check_export(&self, export: &Export) -> Option<Unsupported> {
        match (export, self.store) {
            (Export::Moby(_), Store::None) => Some(unsupported(
                "load images",
                "a `buildkitd` has no image store",
                "Export a docker archive and load it into an engine, or push to a registry",
            )),
            (Export::Image(_), Store::Classic) => Some(unsupported(
                "export an image to a registry",
                "its image store is the classic one",
                "Load the image and push it with `docker push`, or enable the engine's containerd \
                 image store",
            )),
            (Export::Moby(export), Store::Classic) => dropped(&export.image.attributes),
            (Export::Archive(archive), Store::Classic) => match archive.format {
                ArchiveFormat::Tar => None,
                ArchiveFormat::Oci | ArchiveFormat::Docker => Some(unsupported(
                    &format!("export an image as a `{}` archive", archive.format.as_str()),
                    "its image store is the classic one",
                    "Load the image and write it with `docker save`, or enable the engine's \
                     containerd image store",
                )),
            },
            (Export::Moby(_), Store::Containerd)
            | (Export::Image(_) | Export::Archive(_), Store::Containerd | Store::None)
            | (Export::Local(_), _) => None,
        }
    }

    /// Returns what is wrong with a cache to write, if something is.
    pub fn check_cache_export(&self, kind: CacheKind) -> Option<Unsupported> {
        let what = format!("write a `{kind}` cache");
        match (kind, self.store) {
            (
                CacheKind::Registry
                | CacheKind::Gha
                | CacheKind::S3
                | CacheKind::Azblob
                | CacheKind::Local,
                Store::Classic,
            ) => Some(unsupported(
                &what,
                "its image store is the classic one",
                "Use `type=inline`, or enable the engine's containerd image store",
            )),
            (CacheKind::S3 | CacheKind::Azblob, Store::Containerd) => Some(unsupported(
                &what,
                "only a `buildkitd` of its own has that kind built in",
                "Use `type=registry`",
            )),
            (CacheKind::Inline, _)
            | (
                CacheKind::Registry | CacheKind::Gha | CacheKind::Local,
                Store::Containerd | Store::None,
            )
            | (CacheKind::S3 | CacheKind::Azblob, Store::None) => None,
        }
    }

    /// Returns what is wrong with a cache to read, if something is.
    pub fn check_cache_import(&self, kind: CacheKind) -> Option<Unsupported> {
        let what = format!("read a `{kind}` cache");
        match (kind, self.store) {
            (CacheKind::S3 | CacheKind::Azblob, Store::Classic | Store::Containerd) => {
                Some(unsupported(
                    &what,
                    "only a `buildkitd` of its own has that kind built in",
                    "Use `type=registry`",
                ))
            }
            // It would go on without the cache.
            (CacheKind::Gha, Store::Classic) => Some(unsupported(
                &what,
                "its image store is the classic one",
                "Use `type=registry` or `type=local`, or enable the engine's containerd image \
                 store",
            )),
            (CacheKind::Registry | CacheKind::Inline | CacheKind::Local, _)
            | (CacheKind::Gha, Store::Containerd | Store::None)
            | (CacheKind::S3 | CacheKind::Azblob, Store::None) => None,
        }
    }

    fn check_several_exports(&self, request: &SolveRequest) -> Option<Unsupported> {
        let old = self.is_older_than(SEVERAL_EXPORTS);
        (request.exports.len() > 1 && old).then(|| {
            unsupported(
                "export a result in several ways at once",
                "its BuildKit is older than 0.13",
                "Use one output per build, or Docker Engine 26 or newer",
            )
        })
    }

    fn check_platforms(&self, request: &SolveRequest) -> Option<Unsupported> {
        let several = request.dockerfile.platforms.len() > 1;
        (several && self.store == Store::Classic).then(|| {
            unsupported(
                "build for several platforms at once",
                "its image store is the classic one",
                "Build one platform at a time, or enable the engine's containerd image store",
            )
        })
    }

    /// The classic store drops attestations without a word.
    fn check_attestations(&self, request: &SolveRequest) -> Option<Unsupported> {
        let some = !request.attestations.is_empty();
        (some && self.store == Store::Classic).then(|| {
            unsupported(
                "attach attestations to an image",
                "its image store is the classic one",
                "Leave them out, or enable the engine's containerd image store",
            )
        })
    }

    fn check_contexts(&self, request: &SolveRequest) -> Option<Unsupported> {
        let some = !request.dockerfile.contexts.is_empty();
        (some && self.is_older_than(NAMED_CONTEXTS)).then(|| {
            unsupported(
                "use named contexts",
                "its Dockerfile frontend is too old",
                "Use Docker Engine 23 or newer",
            )
        })
    }

    /// The classic store's BuildKit fails on them, with `unknown scheme oci-layout`.
    fn check_layouts(&self, request: &SolveRequest) -> Option<Unsupported> {
        let mut contexts = request.dockerfile.contexts.values();
        let some = contexts.any(|context| matches!(context, FrontendContext::Layout(_)));
        (some && self.store == Store::Classic).then(|| {
            unsupported(
                "use an image in a directory (`oci-layout://`) as a context",
                "its image store is the classic one",
                "Load the image and name it as `docker-image://…`, or enable the engine's \
                 containerd image store",
            )
        })
    }

    fn is_older_than(&self, api: ApiVersion) -> bool {
        self.engine.as_ref().is_some_and(|engine| engine.api < api)
    }
}

/// Returns what to say of attributes that the classic store's exporter does not read.
fn dropped(attributes: &BTreeMap<String, String>) -> Option<Unsupported> {
    let names: Vec<_> = attributes.keys().map(|name| format!("`{name}`")).collect();
    (!names.is_empty()).then(|| {
        unsupported(
            &format!("give an image its {}", names.join(", ")),
            "its image store is the classic one",
            "Leave that out, or enable the engine's containerd image store",
        )
    })
}

fn unsupported(what: &str, why: &str, instead: &str) -> Unsupported {
    Unsupported {
        what: what.into(),
        why: why.into(),
        instead: Some(instead.into()),
    }
}

fn platform(platform: &pb::Platform) -> String {
    let pb::Platform {
        architecture,
        os,
        variant,
        ..
    } = platform;
    match variant.as_str() {
        "" => format!("{os}/{architecture}"),
        variant => format!("{os}/{architecture}/{variant}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::buildkit::export::{Archive, ImageExport, ImageOptions, MobyExport};
    use crate::buildkit::request::DockerfileOptions;
    use crate::buildkit::session::Destination;
    use crate::text::Words as _;

    fn engine(api: &str, labels: &[&str]) -> Capabilities {
        let labels = labels
            .iter()
            .map(|label| ((*label).into(), "overlayfs".into()))
            .collect();
        let version = EngineVersion {
            version: "any".into(),
            api: api.parse().unwrap(),
        };
        Capabilities::new(
            Some(version),
            vec![WorkerRecord {
                labels,
                ..Default::default()
            }],
        )
    }

    fn whats(capabilities: &Capabilities, request: &SolveRequest) -> Vec<String> {
        capabilities
            .check(request)
            .into_iter()
            .map(|unsupported| unsupported.what)
            .collect()
    }

    #[test]
    fn the_snapshotter_label_tells_the_stores_apart() {
        assert_eq!(engine("1.51", &[]).store, Store::Classic);
        assert_eq!(
            engine("1.51", &[SNAPSHOTTER_LABEL]).store,
            Store::Containerd
        );
        assert_eq!(Capabilities::new(None, vec![]).store, Store::None);
    }

    #[test]
    fn everything_that_an_old_engine_cannot_do_is_said_at_once() {
        let docker = Archive {
            format: ArchiveFormat::Docker,
            image: ImageOptions::default(),
            destination: Destination::File("x.tar".into()),
        };
        let request = SolveRequest {
            dockerfile: DockerfileOptions {
                platforms: vec!["linux/amd64".into(), "linux/arm64".into()],
                contexts: [("a".into(), FrontendContext::Image("b".into()))].into(),
                ..Default::default()
            },
            exports: vec![
                Export::Archive(docker),
                Export::Image(ImageExport::default()),
            ],
            attestations: vec!["type=sbom".parse().unwrap()],
            ..Default::default()
        };
        assert_eq!(
            whats(&engine("1.41", &[]), &request),
            [
                "export an image as a `docker` archive",
                "export an image to a registry",
                "export a result in several ways at once",
                "build for several platforms at once",
                "attach attestations to an image",
                "use named contexts",
            ]
        );
        assert_eq!(
            whats(&engine("1.51", &[SNAPSHOTTER_LABEL]), &request),
            [""; 0]
        );
    }

    #[test]
    fn a_buildkitd_cannot_load_but_the_engines_can() {
        let load = Export::Moby(MobyExport::default());
        let refusal = Capabilities::new(None, vec![]).check_export(&load).unwrap();
        assert_eq!(
            refusal.to_string(),
            "The engine cannot load images: a `buildkitd` has no image store"
        );
        assert_eq!(engine("1.41", &[]).check_export(&load), None);
    }

    #[test]
    fn the_classic_store_refuses_what_it_would_drop() {
        let attributes = [("compression", "zstd"), ("unpack", "true")];
        let attributes = attributes.map(|(key, value)| (key.to_owned(), value.to_owned()));
        let load = Export::Moby(MobyExport {
            image: ImageOptions {
                attributes: attributes.into(),
                ..ImageOptions::default()
            },
        });
        let refusal = engine("1.51", &[]).check_export(&load).unwrap();
        assert_eq!(refusal.what, "give an image its `compression`, `unpack`");
        let containerd = engine("1.51", &[SNAPSHOTTER_LABEL]);
        assert_eq!(containerd.check_export(&load), None);
    }

    #[test]
    fn the_classic_store_reads_what_is_in_registries_and_directories() {
        let classic = engine("1.51", &[]);
        let kinds = CacheKind::ALL.iter().copied();
        let reads: Vec<_> = kinds
            .filter(|kind| classic.check_cache_import(*kind).is_none())
            .collect();
        assert_eq!(
            reads,
            [CacheKind::Registry, CacheKind::Inline, CacheKind::Local]
        );
    }

    #[test]
    fn the_classic_store_writes_inline_caches_only() {
        let writes = |store: &Capabilities| {
            let kinds = CacheKind::ALL.iter().copied();
            kinds
                .filter(|kind| store.check_cache_export(*kind).is_none())
                .collect::<Vec<_>>()
        };
        assert_eq!(writes(&engine("1.51", &[])), [CacheKind::Inline]);
        let containerd = engine("1.51", &[SNAPSHOTTER_LABEL]);
        let kinds = [
            CacheKind::Registry,
            CacheKind::Inline,
            CacheKind::Gha,
            CacheKind::Local,
        ];
        assert_eq!(writes(&containerd), kinds);
    }
}
