//! Where a value comes from.

use std::fmt;

use serde::Serialize;
use serde::ser::{SerializeMap as _, Serializer};

use crate::problem::Problem;
use crate::toml_file::{Located, Location};

/// Who set a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Nobody: it is built in.
    BuiltIn,
    /// The git repository of the build context.
    Git,
    /// The build context, which holds the sources of Dynamo.
    Context,
    /// The machine that plans.
    Host,
    /// A decision above this one, for example `the platform`.
    Derived(&'static str),
    /// A line of a profile, or of the file that names sets.
    File(Location),
    /// A line of the user's own file.
    OwnFile(Location),
    /// An environment variable.
    Environment(String),
    /// A flag, as written on the command line.
    Flag(String),
}

impl Origin {
    /// Returns the line that set the value, if one did.
    pub fn line(&self) -> Option<&Location> {
        match self {
            Self::File(at) | Self::OwnFile(at) => Some(at),
            Self::BuiltIn
            | Self::Git
            | Self::Context
            | Self::Host
            | Self::Derived(_)
            | Self::Environment(_)
            | Self::Flag(_) => None,
        }
    }

    /// Returns a problem with the line or the wish that set the value at fault.
    #[must_use]
    pub fn blamed_for(&self, mut problem: Problem) -> Problem {
        match self {
            Self::File(at) | Self::OwnFile(at) => return problem.excerpt(at.excerpt("set here")),
            Self::Environment(_) | Self::Flag(_) => {
                problem.causes.push(format!("Set by `{self}`"));
            }
            Self::BuiltIn | Self::Git | Self::Context | Self::Host | Self::Derived(_) => {}
        }
        problem
    }

    /// Returns whether it is the user's wish, and no default of a profile.
    pub fn is_wish(&self) -> bool {
        matches!(
            self,
            Self::OwnFile(_) | Self::Environment(_) | Self::Flag(_)
        )
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BuiltIn => f.write_str("built in"),
            Self::Git => f.write_str("git"),
            Self::Context => f.write_str("the checkout of Dynamo in the build context"),
            Self::Host => f.write_str("this machine"),
            Self::Derived(from) => f.write_str(from),
            Self::File(at) | Self::OwnFile(at) => at.fmt(f),
            Self::Environment(name) => write!(f, "${name}"),
            Self::Flag(flag) => f.write_str(flag),
        }
    }
}

impl Serialize for Origin {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        let kind = match self {
            Self::BuiltIn => "built-in",
            Self::Git => "git",
            Self::Context => "context",
            Self::Host => "host",
            Self::Derived(_) => "derived",
            Self::File(_) | Self::OwnFile(_) => "file",
            Self::Environment(_) => "environment",
            Self::Flag(_) => "flag",
        };
        map.serialize_entry("kind", kind)?;
        match self {
            Self::BuiltIn | Self::Git | Self::Context | Self::Host => {}
            Self::Derived(from) => map.serialize_entry("from", from)?,
            Self::File(at) | Self::OwnFile(at) => {
                map.serialize_entry("file", &at.file.name)?;
                map.serialize_entry("line", &at.excerpt("").line_column().0)?;
            }
            Self::Environment(name) => map.serialize_entry("variable", name)?,
            Self::Flag(flag) => map.serialize_entry("flag", flag)?,
        }
        map.end()
    }
}

/// A value and who set it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Setting<T> {
    /// The value.
    pub value: T,
    /// Who set it.
    pub origin: Origin,
}

impl<T> Setting<T> {
    /// Creates a setting.
    pub fn new(value: impl Into<T>, origin: Origin) -> Self {
        Self {
            value: value.into(),
            origin,
        }
    }

    /// Creates a setting that a flag made.
    pub fn flag(value: impl Into<T>, flag: &str) -> Self {
        Self::new(value, Origin::Flag(flag.to_owned()))
    }

    /// Converts the value and keeps who set it.
    pub fn map<U>(self, convert: impl FnOnce(T) -> U) -> Setting<U> {
        Setting {
            value: convert(self.value),
            origin: self.origin,
        }
    }
}

impl<T> From<Located<T>> for Setting<T> {
    fn from(located: Located<T>) -> Self {
        Self {
            value: located.value,
            origin: Origin::File(located.at),
        }
    }
}
