//! What to build, in the words of the Dockerfile frontend.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use super::cache::{Absent, CacheEntry, LocalCache};
use super::export::Export;
use super::layout::{Found, Layout, LayoutError};
use crate::docker::attestation::Attestation;
use crate::docker::layout_image::LayoutImage;
use crate::hash::sha256_hex;

/// A build of one target of one Dockerfile.
///
/// The Dockerfile and the context are directories of the session that the request is solved with,
/// and secrets are known there, by id.
#[derive(Debug, Default)]
pub struct SolveRequest {
    /// What to build.
    pub dockerfile: DockerfileOptions,
    /// What to make of the result; nothing but cache if empty.
    pub exports: Vec<Export>,
    /// Caches to read.
    pub cache_imports: Vec<CacheEntry>,
    /// Caches to write.
    pub cache_exports: Vec<CacheEntry>,
    /// What steps may do beyond the ordinary.
    pub entitlements: Vec<Entitlement>,
    /// Statements about the build to attach to the image.
    pub attestations: Vec<Attestation>,
    /// Which sources are allowed, and what they are replaced by.
    pub source_policy: Option<SourcePolicy>,
    /// Whether the whole output of a step that fails is wanted. Only a staged build has it.
    pub whole_output: bool,
}

impl SolveRequest {
    /// Looks at the directories of ours that the build reads: takes the digests of what is meant,
    /// and leaves out caches that are not there, which are returned.
    ///
    /// # Errors
    /// Fails when a directory is no image layout, is damaged, or has not the image of a context.
    pub fn settle(&mut self) -> Result<Vec<Absent>, LayoutError> {
        for context in self.dockerfile.contexts.values_mut() {
            if let FrontendContext::Layout(context) = context {
                context.settle()?;
            }
        }
        let mut absent = Vec::new();
        for mut entry in std::mem::take(&mut self.cache_imports) {
            match entry
                .local_mut()
                .map(LocalCache::settle)
                .transpose()?
                .flatten()
            {
                Some(reason) => absent.push(reason),
                None => self.cache_imports.push(entry),
            }
        }
        Ok(absent)
    }
}

/// Options of the Dockerfile frontend.
#[derive(Clone, Debug)]
pub struct DockerfileOptions {
    /// The Dockerfile's name in its directory.
    pub filename: String,
    /// The id of another session that offers the same directory of Dockerfiles, so that builds in
    /// several sessions read it once. Frontends before Dockerfile 1.10 ask the build's own session.
    pub dockerfile_session: Option<String>,
    /// The stage to build; the last one if not set.
    pub target: Option<String>,
    /// Platforms to build for, for example `linux/arm64`; the engine's own if empty.
    pub platforms: Vec<String>,
    /// Whether the images of these platforms become part of an index with others: they are made an
    /// index even if there is only one.
    pub is_part_of_index: bool,
    /// Values of `ARG`s. They end up in the image's history: never secrets.
    pub build_args: BTreeMap<String, String>,
    /// Labels of the image.
    pub labels: BTreeMap<String, String>,
    /// Images and directories that `FROM` and `COPY --from` find by name.
    pub contexts: BTreeMap<String, FrontendContext>,
    /// What to do again even if it is cached.
    pub no_cache: NoCache,
    /// Whether images are looked for in the registry first.
    pub image_resolve: ImageResolve,
    /// Names that steps resolve, with their addresses (`--add-host`).
    pub add_hosts: Vec<(String, String)>,
    /// The size of `/dev/shm` for steps, in bytes.
    pub shm_size: Option<u64>,
    /// Limits of steps.
    pub ulimits: Vec<Ulimit>,
    /// The network of steps that do not say which.
    pub network: Network,
    /// What a `# syntax=` line does.
    pub syntax: Syntax,
}

impl Default for DockerfileOptions {
    fn default() -> Self {
        Self {
            filename: "Dockerfile".into(),
            dockerfile_session: None,
            target: None,
            platforms: Vec::new(),
            is_part_of_index: false,
            build_args: BTreeMap::new(),
            labels: BTreeMap::new(),
            contexts: BTreeMap::new(),
            no_cache: NoCache::default(),
            image_resolve: ImageResolve::default(),
            add_hosts: Vec::new(),
            shm_size: None,
            ulimits: Vec::new(),
            network: Network::default(),
            syntax: Syntax::default(),
        }
    }
}

/// Where a named context comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FrontendContext {
    /// An image, by reference.
    Image(String),
    /// A directory of the session, by name.
    Local(String),
    /// A git repository or an archive, by URL.
    Url(String),
    /// An image in a directory of ours.
    Layout(LayoutContext),
}

/// An image in a directory of ours (`oci-layout://DIR:TAG@DIGEST`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LayoutContext {
    /// The directory.
    pub directory: PathBuf,
    /// Which of its images.
    pub image: LayoutImage,
}

impl LayoutContext {
    /// The name by which the engine knows the directory.
    fn store(&self) -> String {
        let directory = self.directory.as_os_str().as_encoded_bytes();
        format!("layout-{}", &sha256_hex(directory)[..24])
    }

    /// Finds out which manifest is meant: the engine wants its digest.
    fn settle(&mut self) -> Result<(), LayoutError> {
        let directory = || self.directory.clone();
        let layout = Layout::open(&self.directory)?;
        let layout = layout.ok_or_else(|| LayoutError::Empty {
            directory: directory(),
        })?;
        match layout.find(&self.image)? {
            Found::Manifest(digest) => {
                self.image = LayoutImage::Digest(digest);
                Ok(())
            }
            Found::OtherTags(others) => Err(LayoutError::NoTag {
                directory: directory(),
                tag: self.image.tag().to_owned(),
                others,
            }),
        }
    }
}

impl FrontendContext {
    /// Returns the session's name for the directory that it is an image of, and the directory.
    pub(super) fn layout(&self) -> Option<(String, &Path)> {
        match self {
            Self::Layout(context) => Some((
                format!("oci:{}", context.store()),
                context.directory.as_path(),
            )),
            Self::Image(_) | Self::Local(_) | Self::Url(_) => None,
        }
    }
}

impl fmt::Display for FrontendContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Image(reference) => write!(f, "docker-image://{reference}"),
            Self::Local(name) => write!(f, "local:{name}"),
            Self::Url(url) => f.write_str(url),
            Self::Layout(context) => match &context.image {
                LayoutImage::Digest(digest) => {
                    write!(f, "oci-layout://{}@{digest}", context.store())
                }
                // Not settled yet; the engine says that it wants a digest.
                image => write!(f, "oci-layout://{}:{}", context.store(), image.tag()),
            },
        }
    }
}

/// What to do again even if it is cached.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum NoCache {
    /// Nothing.
    #[default]
    None,
    /// These stages.
    Stages(Vec<String>),
    /// Everything.
    All,
}

/// Whether images are looked for in the registry first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ImageResolve {
    /// As the engine does it by itself. The containerd store asks the registry on every build.
    #[default]
    Default,
    /// The engine's own image if there is one.
    PreferLocal,
    /// Always ask the registry (`--pull`).
    Pull,
}

/// The network of steps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Network {
    /// One of the engine's own.
    #[default]
    Default,
    /// The machine's; needs [`Entitlement::NetworkHost`].
    Host,
    /// None.
    None,
}

/// What a `# syntax=` line does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Syntax {
    /// Nothing: the frontend that is built into the engine is used, without any network.
    #[default]
    BuiltIn,
    /// The frontend image that it names is pulled and run.
    AsWritten,
}

/// A limit of steps, as in `--ulimit nofile=1024:2048`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ulimit {
    /// Its name, for example `nofile`.
    pub name: String,
    /// The soft limit; -1 is none.
    pub soft: i64,
    /// The hard limit; -1 is none.
    pub hard: i64,
}

/// What steps may do beyond the ordinary.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entitlement {
    /// Use the machine's network.
    NetworkHost,
    /// Use all privileges.
    SecurityInsecure,
}

impl Entitlement {
    /// Returns BuildKit's word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NetworkHost => "network.host",
            Self::SecurityInsecure => "security.insecure",
        }
    }
}

/// Rules about sources: the first one whose pattern matches decides.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SourcePolicy {
    /// The rules.
    pub rules: Vec<SourceRule>,
}

/// A rule about sources. Patterns are such as `docker-image://docker.io/library/debian:*`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SourceRule {
    /// May be used.
    Allow(String),
    /// May not be used.
    Deny(String),
    /// Is replaced, for example by the same image with its digest.
    Convert {
        /// What is written.
        from: String,
        /// What is used.
        to: String,
    },
}
