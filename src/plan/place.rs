//! The places that only one build can write.

use std::fmt;
use std::path::PathBuf;

use crate::docker::cache::CacheSpec;
use crate::docker::output::{Destination, Output};

/// What only one build can write.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// A cache, by the attributes that say where it is.
    Cache(String),
    /// A file or directory.
    Path(PathBuf),
    /// The name of an image.
    Image(String),
    /// Standard output.
    Stdout,
}

impl Place {
    /// Returns the place of a cache that is written; none if it goes along with the image.
    pub(super) fn of_cache(cache: &CacheSpec) -> Option<Self> {
        cache.place().map(Self::Cache)
    }

    /// Returns the places of an output.
    pub(super) fn of_output(output: &Output) -> Vec<Self> {
        match &output.destination {
            Some(Destination::Stdout) => vec![Self::Stdout],
            Some(Destination::Path(path)) => vec![Self::Path(path.clone())],
            None => {
                let names = output.names.iter().flatten();
                names.cloned().map(Self::Image).collect()
            }
        }
    }

    /// Says how several targets get along.
    pub(super) fn hint(&self) -> String {
        let alone = "build one target at a time";
        let own = match self {
            Self::Cache(cache) => format!("{cache}-{{target}}"),
            Self::Path(_) => "dest=out-{target}".to_owned(),
            Self::Image(name) => format!("name={name}-{{target}}"),
            Self::Stdout => {
                return format!(
                    "Write files, such as `--output type=tar,dest={{target}}.tar`, or {alone}"
                );
            }
        };
        format!("Give each its own, such as `{own}`, or {alone}")
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cache(cache) => write!(f, "The cache `{cache}`"),
            Self::Path(path) => write!(f, "The output `{}`", path.display()),
            Self::Image(name) => write!(f, "The image name `{name}`"),
            Self::Stdout => f.write_str("Standard output"),
        }
    }
}
