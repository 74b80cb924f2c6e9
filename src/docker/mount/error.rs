//! What can be wrong with a mount.

use crate::docker::csv::CsvError;
use crate::docker::hinted::Hinted;
use crate::suggest::closest;

/// Why a mount could not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MountError {
    /// It is no record of fields.
    #[error("mount `{text}` cannot be split into fields")]
    Fields {
        /// The whole text.
        text: String,
        /// What is wrong with the fields.
        #[source]
        source: CsvError,
    },
    /// One field is wrong.
    #[error("field `{field}` of the mount {fault}")]
    Option {
        /// The field as written.
        field: String,
        /// What is wrong with it.
        fault: OptionFault,
    },
    /// An option belongs to another kind of mount.
    #[error("`{option}` does not go with a mount of type `{kind}`")]
    Mixed {
        /// The option.
        option: String,
        /// The type of the mount.
        kind: String,
    },
    /// An option needs another one.
    #[error("`bind-recursive={value}` needs `{needs}`")]
    Needs {
        /// The value of `bind-recursive`.
        value: &'static str,
        /// What is missing.
        needs: &'static str,
    },
}

/// What is wrong with one field of a mount.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OptionFault {
    /// There is no such option.
    #[error("is not an option")]
    Unknown,
    /// The option needs a value.
    #[error("has no value")]
    NoValue,
    /// There is white space around the name or the value.
    #[error("has white space around its name or value")]
    WhiteSpace,
    /// The option was removed.
    #[error("is no longer supported")]
    Removed,
    /// The value is no boolean.
    #[error("is neither true nor false")]
    NotABoolean,
    /// The value is no size.
    #[error("is not a size")]
    NotASize,
    /// The value is no octal number.
    #[error("is not an octal number of permissions")]
    NotAMode,
    /// The value is none of the words allowed.
    #[error("has an unknown value")]
    NotAWord,
}

/// All options, those with a type in front named as such.
pub(super) const OPTIONS: [&str; 21] = [
    "type",
    "source",
    "src",
    "target",
    "dst",
    "destination",
    "readonly",
    "ro",
    "consistency",
    "bind-propagation",
    "bind-recursive",
    "bind-create-src",
    "volume-subpath",
    "volume-nocopy",
    "volume-label",
    "volume-driver",
    "volume-opt",
    "image-subpath",
    "tmpfs-size",
    "tmpfs-mode",
    "bind-nonrecursive",
];

impl Hinted for MountError {
    fn hint(&self) -> Option<String> {
        match self {
            Self::Fields { source, .. } => source
                .hint()
                .or_else(|| Some("write `type=bind,src=HOST,dst=CONTAINER`".to_owned())),
            Self::Option { field, fault } => fault.hint(field),
            Self::Mixed { option, .. } => {
                let kind = option.split('-').next().unwrap_or_default();
                Some(format!("write `type={kind}`, or leave `{option}` out"))
            }
            Self::Needs { needs, .. } => Some(format!("add `,{needs}`")),
        }
    }
}

impl OptionFault {
    fn hint(self, field: &str) -> Option<String> {
        let key = field.split('=').next().unwrap_or_default();
        match self {
            Self::Unknown => {
                closest(key, OPTIONS).map(|similar| format!("did you mean `{similar}`?"))
            }
            Self::NoValue => Some(format!("write `{key}=VALUE`")),
            Self::WhiteSpace => Some("remove the white space around `,` and `=`".to_owned()),
            Self::Removed => Some("write `bind-recursive=disabled`".to_owned()),
            Self::NotABoolean => Some(format!("write `{key}`, `{key}=true` or `{key}=false`")),
            Self::NotASize => Some(format!("write a size such as `{key}=64m`")),
            Self::NotAMode => Some(format!("write permissions such as `{key}=1777`")),
            Self::NotAWord => Some(format!(
                "write `{key}=` and one of enabled, disabled, writable, readonly"
            )),
        }
    }
}
