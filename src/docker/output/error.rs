//! Why a text is no output.

use super::kind::OutputKind;
use crate::docker::attributes::{AttributesError, UnknownAttribute};
use crate::docker::hinted::Hinted;
use crate::docker::number::NumberError;
use crate::docker::reference::Reference;
use crate::suggest::closest;

/// Why a text is no output.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OutputError {
    /// It is no list of attributes.
    #[error("Invalid output `{text}`: {reason}")]
    Form {
        /// What was written.
        text: String,
        /// The rule that it breaks.
        reason: AttributesError,
    },
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
    /// An attribute that its exporter does not know.
    #[error(transparent)]
    UnknownAttribute(#[from] UnknownAttribute),
    /// An attribute that is neither true nor false.
    #[error("Invalid output `{text}`: {reason}")]
    Value {
        /// What was written.
        text: String,
        /// The rule that it breaks.
        reason: NumberError,
    },
    /// An attribute that has one of a few values, and was given another.
    #[error("Invalid value `{value}` of the output attribute `{attribute}`")]
    Word {
        /// The attribute.
        attribute: &'static str,
        /// What was written.
        value: String,
        /// The values that there are.
        known: &'static [&'static str],
    },
    /// A level that is no number.
    #[error("Invalid output `{text}`: `compression-level` is no number")]
    Level {
        /// What was written.
        text: String,
    },
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
        Some(match self {
            Self::UnknownKind(kind) => match closest(kind, OutputKind::ALL.map(OutputKind::as_str))
            {
                Some(known) => format!("Did you mean `{known}`?"),
                None => format!(
                    "Use one of {}",
                    OutputKind::ALL.map(OutputKind::as_str).join(", ")
                ),
            },
            Self::NoDestination { kind, .. } => {
                format!(
                    "Write, for example, `--output type={},dest=PATH`",
                    kind.as_str()
                )
            }
            Self::UnknownAttribute(unknown) => unknown.hint(),
            Self::Value { .. } => "Write `true` or `false`".to_owned(),
            Self::Word { value, known, .. } => match closest(value, known.iter().copied()) {
                Some(word) => format!("Did you mean `{word}`?"),
                None => format!("Write one of `{}`", known.join("`, `")),
            },
            Self::Level { .. } => "Write, for example, `compression-level=3`".to_owned(),
            Self::Unpacked(_) => {
                "Leave `tar` out, and unpack the archive: `tar -xf FILE -C DIR`".to_owned()
            }
            Self::TagByDigest { name, .. } => {
                let reference = name.parse::<Reference>();
                let repository =
                    reference.map_or_else(|_| name.clone(), |name| name.familiar_name());
                format!("Name the repository only: `name={repository}`")
            }
            Self::Form { .. } | Self::LocalToStdout => {
                "Write, for example, `--output type=local,dest=out`".to_owned()
            }
        })
    }
}
