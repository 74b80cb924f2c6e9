//! Why a text is no cache.

use thiserror::Error;

use super::kind::{CacheKind, UnknownCacheKind};
use crate::docker::attributes::{AttributesError, UnknownAttribute};
use crate::docker::digest::NoDigest;
use crate::docker::hinted::Hinted;
use crate::docker::number::NumberError;
use crate::docker::reference::ReferenceError;
use crate::suggest::closest;

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
    /// An attribute that BuildKit would drop without a word.
    #[error(transparent)]
    UnknownAttribute(#[from] UnknownAttribute),
    /// An attribute that has one of a few values, and was given another.
    #[error("Invalid value `{value}` of the cache attribute `{attribute}`")]
    Word {
        /// The attribute.
        attribute: &'static str,
        /// What was written.
        value: String,
        /// The values that there are.
        known: &'static [&'static str],
    },
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
            Self::UnknownAttribute(unknown) => unknown.hint(),
            Self::Word { value, known, .. } => match closest(value, known.iter().copied()) {
                Some(word) => format!("Did you mean `{word}`?"),
                None => format!("Write one of `{}`", known.join("`, `")),
            },
            Self::Reference(error) => return error.hint(),
            Self::Missing { kind, attribute } => format!("Write `type={kind},{attribute}=…`"),
            Self::Value { .. } => "Write `true` or `false`".to_owned(),
            Self::Digest { .. } => {
                "Leave `digest=…` out to take what is tagged `latest`".to_owned()
            }
        })
    }
}
