//! The kinds of cache that BuildKit knows.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

use super::usage::CacheUse;
use crate::suggest::closest;

/// A kind of cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CacheKind {
    /// An image of its own in a registry; `mode=max` also keeps what the result does not need.
    Registry,
    /// Within the exported image.
    Inline,
    /// The cache service of GitHub Actions.
    Gha,
    /// A bucket of an S3 service.
    S3,
    /// A container of Azure Blob Storage.
    Azblob,
    /// A directory of ours.
    Local,
}

/// No kind of cache has this name.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("Unknown cache type `{kind}`")]
pub struct UnknownCacheKind {
    /// What was written.
    pub kind: String,
    /// The kind that it looks like.
    pub closest: Option<String>,
}

impl CacheKind {
    /// Every kind.
    pub const ALL: [Self; 6] = [
        Self::Registry,
        Self::Inline,
        Self::Gha,
        Self::S3,
        Self::Azblob,
        Self::Local,
    ];

    /// Returns BuildKit's word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Registry => "registry",
            Self::Inline => "inline",
            Self::Gha => "gha",
            Self::S3 => "s3",
            Self::Azblob => "azblob",
            Self::Local => "local",
        }
    }

    /// Returns the attributes that tell one cache from another where they are written, each with
    /// what the engine takes without it; none for caches that are part of an image.
    pub(super) fn identity(self) -> Option<&'static [(&'static str, &'static str)]> {
        match self {
            Self::Registry => Some(&[("ref", "")]),
            Self::Gha => Some(&[("scope", "buildkit")]),
            Self::S3 => Some(&[("bucket", ""), ("prefix", ""), ("name", "buildkit")]),
            Self::Azblob => Some(&[
                ("account_url", ""),
                ("container", ""),
                ("prefix", ""),
                ("name", "buildkit"),
            ]),
            Self::Local => Some(&[("dest", ""), ("tag", "latest")]),
            Self::Inline => None,
        }
    }

    /// Returns the attributes without which it cannot be used.
    pub(super) fn required(self, usage: CacheUse) -> &'static [&'static str] {
        match self {
            Self::Registry => &["ref"],
            Self::S3 => &["bucket", "region"],
            Self::Azblob => &["account_url"],
            Self::Local => match usage {
                CacheUse::Read => &["src"],
                CacheUse::Write => &["dest"],
            },
            Self::Inline | Self::Gha => &[],
        }
    }
}

impl fmt::Display for CacheKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for CacheKind {
    type Err = UnknownCacheKind;

    fn from_str(text: &str) -> Result<Self, UnknownCacheKind> {
        let known = Self::ALL.into_iter().find(|kind| kind.as_str() == text);
        known.ok_or_else(|| UnknownCacheKind {
            kind: text.to_owned(),
            closest: closest(text, Self::ALL.map(Self::as_str)).map(str::to_owned),
        })
    }
}
