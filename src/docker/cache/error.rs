//! Why a text is no cache.

use thiserror::Error;

use super::kind::{CacheKind, UnknownCacheKind};
use crate::docker::attributes::AttributesError;
use crate::docker::digest::NoDigest;
use crate::docker::hinted::Hinted;
use crate::docker::number::NumberError;

/// Why a text is no cache.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum CacheError {
    /// It is no list of attributes.
    #[error("Invalid cache `{text}`: {reason}")]
    Form {
        /// What was written, masked.
        text: String,
        /// The rule that it breaks.
        reason: AttributesError,
    },
    /// No such kind.
    #[error(transparent)]
    UnknownKind(#[from] UnknownCacheKind),
    /// An attribute is missing.
    #[error("Cache type `{kind}` needs `{attribute}=…`")]
    Missing {
        /// The kind.
        kind: CacheKind,
        /// What it lacks.
        attribute: &'static str,
    },
    /// An attribute that is neither true nor false.
    #[error("Invalid cache `{text}`: {reason}")]
    Value {
        /// What was written, masked.
        text: String,
        /// The rule that it breaks.
        reason: NumberError,
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
            Self::Form { .. } => "Write it as `type=registry,ref=NAME`".to_owned(),
            Self::UnknownKind(UnknownCacheKind {
                closest: Some(kind),
                ..
            }) => format!("Did you mean `{kind}`?"),
            Self::UnknownKind(UnknownCacheKind { closest: None, .. }) => {
                let kinds = CacheKind::ALL.map(|kind| format!("`{kind}`")).join(", ");
                format!("Use one of {kinds}")
            }
            Self::Missing { kind, attribute } => format!("Write `type={kind},{attribute}=…`"),
            Self::Value { .. } => "Write `true` or `false`".to_owned(),
            Self::Digest { .. } => {
                "Leave `digest=…` out to take what is tagged `latest`".to_owned()
            }
        })
    }
}
