//! Why a text is no cache.

use thiserror::Error;

use super::kind::CacheKind;
use crate::docker::attributes::AttributeError;
use crate::docker::digest::NoDigest;
use crate::docker::hinted::{Hinted, similar_or};
use crate::docker::reference::ReferenceError;
use crate::problem::capitalized;
use crate::text::Words as _;

/// Why a text is no cache.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum CacheError {
    /// Its attributes are wrong.
    #[error(transparent)]
    Attribute(#[from] AttributeError),
    /// No such kind.
    #[error("Unknown cache type `{0}`")]
    UnknownKind(String),
    /// The name in a registry is none.
    #[error(transparent)]
    Reference(#[from] ReferenceError),
    /// An attribute is missing.
    #[error("Cache type `{kind}` needs `{attribute}=…`")]
    Missing {
        /// The kind.
        kind: CacheKind,
        /// What it lacks.
        attribute: &'static str,
    },
    /// The digest is none.
    #[error("Invalid cache digest `{digest}`: it is {reason}")]
    Digest {
        /// What was written.
        digest: String,
        /// The rule that it breaks.
        reason: NoDigest,
    },
}

impl Hinted for CacheError {
    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Attribute(error) => {
                let hint = error.hint();
                hint.unwrap_or_else(|| "Write it as `type=registry,ref=NAME`".to_owned())
            }
            Self::UnknownKind(kind) => capitalized(&similar_or(kind, CacheKind::WORDS, |kinds| {
                format!("use one of `{}`", kinds.join("`, `"))
            })),
            Self::Reference(error) => return error.hint(),
            Self::Missing { kind, attribute } => format!("Write `type={kind},{attribute}=…`"),
            Self::Digest { .. } => {
                "Leave `digest=…` out to take what is tagged `latest`".to_owned()
            }
        })
    }
}
