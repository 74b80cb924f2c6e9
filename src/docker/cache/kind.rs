//! The kinds of cache that BuildKit knows.

use super::usage::CacheUse;
use crate::text::words;

words! {
    /// A kind of cache, by BuildKit's word for it.
    pub enum CacheKind {
        /// An image of its own in a registry; `mode=max` also keeps what the result does not need.
        Registry = "registry",
        /// Within the exported image.
        Inline = "inline",
        /// The cache service of GitHub Actions.
        Gha = "gha",
        /// A bucket of an S3 service.
        S3 = "s3",
        /// A container of Azure Blob Storage.
        Azblob = "azblob",
        /// A directory of ours.
        Local = "local",
    }
}

impl CacheKind {
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
