//! Why a text is no output.

use super::kind::OutputKind;
use crate::docker::attributes::AttributeError;
use crate::docker::hinted::{Hinted, similar_or};
use crate::docker::reference::Reference;
use crate::problem::capitalized;
use crate::text::Words as _;

/// Why a text is no output.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OutputError {
    /// Its attributes are wrong.
    #[error(transparent)]
    Attribute(#[from] AttributeError),
    /// No such type.
    #[error("Unknown output type `{0}`")]
    UnknownKind(String),
    /// A type that writes a file or directory, without saying which.
    #[error("Output `{text}` does not say where to: `dest=PATH` is missing")]
    NoDestination {
        /// What was written.
        text: String,
        /// The type.
        kind: OutputKind,
    },
    /// A level that is no number.
    #[error("Invalid output `{0}`: `compression-level` is no number")]
    Level(String),
    /// An image as a directory, which the engine sends in another way than archives.
    #[error("Output `{0}` asks for a directory (`tar=false`), which is not supported")]
    Unpacked(String),
    /// A digest is all that an image is pushed under, but it has a tag as well.
    #[error("Output `{text}` pushes by digest, but `{name}` has a tag")]
    TagByDigest {
        /// What was written.
        text: String,
        /// The name of the image.
        name: String,
    },
    /// Several files cannot be one stream.
    #[error("Output type `local` needs a directory, not standard output")]
    LocalToStdout,
}

impl Hinted for OutputError {
    fn hint(&self) -> Option<String> {
        let local = || "Write, for example, `--output type=local,dest=out`".to_owned();
        Some(match self {
            Self::UnknownKind(kind) => capitalized(&similar_or(kind, OutputKind::WORDS, |kinds| {
                format!("use one of {}", kinds.join(", "))
            })),
            Self::NoDestination { kind, .. } => {
                format!("Write, for example, `--output type={kind},dest=PATH`")
            }
            Self::Level(_) => "Write, for example, `compression-level=3`".to_owned(),
            Self::Unpacked(_) => {
                "Leave `tar` out, and unpack the archive: `tar -xf FILE -C DIR`".to_owned()
            }
            Self::TagByDigest { name, .. } => {
                let reference = name.parse::<Reference>();
                let repository =
                    reference.map_or_else(|_| name.clone(), |name| name.familiar_name());
                format!("Name the repository only: `name={repository}`")
            }
            Self::Attribute(error) => error.hint().unwrap_or_else(local),
            Self::LocalToStdout => local(),
        })
    }
}
