//! What can be wrong with the name of an image.

use super::tag::TagError;
use crate::docker::hinted::Hinted;

/// Why a text is not the name of an image.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReferenceError {
    /// It has a variable in it that no shell has replaced.
    #[error("image name `{0}` has a variable in it that was not expanded")]
    Unexpanded(String),
    /// The repository has upper-case letters.
    #[error("image name `{0}` has upper-case letters")]
    Uppercase(String),
    /// It is the 64 digits of an image id, which no repository may be called.
    #[error("`{0}` is the id of an image, not a name")]
    Id(String),
    /// The tag is wrong.
    #[error("image name `{name}` has a wrong tag")]
    Tag {
        /// The whole text.
        name: String,
        /// What is wrong with the tag.
        #[source]
        source: TagError,
    },
    /// The digest is wrong.
    #[error("image name `{0}` has a wrong digest")]
    Digest(String),
    /// The repository is longer than 255 characters.
    #[error("image name `{0}` is longer than 255 characters")]
    TooLong(String),
    /// It is wrong in another way.
    #[error("`{0}` is not the name of an image")]
    Malformed(String),
}

impl Hinted for ReferenceError {
    fn hint(&self) -> Option<String> {
        match self {
            // The tag keeps its case, so only the repository is put in lower case.
            Self::Uppercase(name) => {
                let slash = name.rfind('/').map_or(0, |at| at + 1);
                let end = name[slash..].find([':', '@']).map_or(name.len(), |at| slash + at);
                Some(format!("write `{}{}`", name[..end].to_lowercase(), &name[end..]))
            }
            Self::Unexpanded(_) => Some(
                "put it in double quotes or none, so that the shell replaces the variable".to_owned(),
            ),
            Self::Id(id) => Some(format!("write `sha256:{id}`")),
            Self::Tag { source, .. } => source.hint(),
            Self::Digest(_) => Some("a digest is `@sha256:` and 64 digits from 0 to f".to_owned()),
            Self::TooLong(_) => None,
            Self::Malformed(name) if lacks_a_part(name) => {
                Some("see whether a variable in it is empty or not set".to_owned())
            }
            Self::Malformed(_) => Some(
                "write `[REGISTRY/]NAME[:TAG]`; names are lower-case letters and digits, joined by single \
                 `.` or `_`, by `__` or by `-`"
                    .to_owned(),
            ),
        }
    }
}

/// Returns whether something is missing where a variable may have stood.
fn lacks_a_part(name: &str) -> bool {
    name.starts_with(['/', ':']) || name.ends_with('/') || name.contains("//")
}
