//! A cache in a directory of ours.

use std::fmt;
use std::path::{Path, PathBuf};

use crate::buildkit::id;
use crate::buildkit::layout::{Found, Layout, LayoutError};
use crate::docker::cache::{CacheSpec, CacheUse};
use crate::docker::digest::BlobDigest;
use crate::docker::layout_image::LayoutImage;
use crate::hash::sha256_hex;

/// A cache in a directory of ours, which the engine reaches through the session.
///
/// The engine knows the directory by a name that we make up: paths need not be ASCII, as headers
/// must, and are nobody else's business.
#[derive(Clone, Debug)]
pub(in super::super) struct LocalCache {
    usage: CacheUse,
    directory: PathBuf,
    store: String,
    tag: Option<String>,
    digest: Option<BlobDigest>,
    ignore_error: bool,
}

/// A cache that cannot be read because it is not there, yet or any more.
///
/// That is no error: the first build of all has none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Absent {
    /// There is no directory, or nothing in it.
    Directory(PathBuf),
    /// Nothing in it has the tag.
    Tag {
        /// The directory.
        directory: PathBuf,
        /// The tag; without one, `latest` is meant.
        tag: Option<String>,
        /// The tags that there are.
        others: Vec<String>,
    },
}

impl fmt::Display for Absent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Directory(directory) => {
                write!(f, "There is no cache in `{}` yet", directory.display())
            }
            Self::Tag {
                directory,
                tag,
                others,
            } => {
                let tag = tag.as_deref().unwrap_or("latest");
                write!(
                    f,
                    "The cache in `{}` has no tag `{tag}` yet",
                    directory.display()
                )?;
                if others.is_empty() {
                    return Ok(());
                }
                write!(f, "; it has `{}`", others.join("`, `"))
            }
        }
    }
}

impl LocalCache {
    pub(super) fn new(spec: &CacheSpec) -> Self {
        let directory = spec.attributes.get(spec.usage.directory_attribute());
        let directory = directory.cloned().unwrap_or_default();
        let store = match spec.usage {
            // The same for all builds that read it, so that the engine sees one cache.
            CacheUse::Read => format!("cache-{}", &sha256_hex(&directory)[..24]),
            // Its own for every build, so that what one wrote is known.
            CacheUse::Write => format!("cache-{}", id::random()),
        };
        Self {
            usage: spec.usage,
            directory: directory.into(),
            store,
            tag: spec.attributes.get("tag").cloned(),
            digest: spec.digest.clone(),
            ignore_error: spec.ignores_errors,
        }
    }

    pub(super) fn directory(&self) -> &Path {
        &self.directory
    }

    pub(super) fn tag(&self) -> Option<&str> {
        self.tag.as_deref()
    }

    /// Returns whether the build is to go on where the cache could not be written.
    pub(super) fn ignores_errors(&self) -> bool {
        self.ignore_error
    }

    /// Returns the name by which the session knows it. The engine puts the prefix before it.
    pub(super) fn store(&self) -> String {
        format!("local:{}", self.store)
    }

    /// Returns what the engine is told instead of the directory.
    pub(super) fn told(&self) -> impl Iterator<Item = (String, String)> {
        let place = self.usage.directory_attribute();
        let place = (place.to_owned(), self.store.clone());
        let digest = self.digest.as_ref();
        let digest = digest.map(|digest| ("digest".to_owned(), digest.to_string()));
        [place].into_iter().chain(digest)
    }

    /// Finds out which manifest is meant: the engine wants its digest.
    pub(in super::super) fn settle(&mut self) -> Result<Option<Absent>, LayoutError> {
        let Some(layout) = Layout::open(&self.directory)? else {
            return Ok(Some(Absent::Directory(self.directory.clone())));
        };
        let wanted = match (&self.digest, &self.tag) {
            (Some(digest), _) => LayoutImage::Digest(digest.clone()),
            (None, Some(tag)) => LayoutImage::Tag(tag.clone()),
            (None, None) => LayoutImage::Default,
        };
        match layout.find(&wanted)? {
            Found::Manifest(digest) => {
                self.digest = Some(digest);
                Ok(None)
            }
            Found::OtherTags(others) => Ok(Some(Absent::Tag {
                directory: self.directory.clone(),
                tag: self.tag.clone(),
                others,
            })),
        }
    }
}
