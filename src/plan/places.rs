//! Where results and caches go: no two targets may take the same place.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use super::build_plan::PlannedTarget;
use super::error::PlanError;
use super::findings::Findings;
use super::origin::{Origin, Setting};
use crate::buildkit::cache::{CacheEntry, CacheUse};
use crate::docker::attributes::attributes;

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
    /// Returns the place of a cache that is written; none if it goes along with the image, or is
    /// written wrongly, which is told elsewhere.
    fn of_cache(text: &str) -> Option<Self> {
        let attributes = attributes(text, "ref").ok()?;
        let cache = CacheEntry::new(CacheUse::Write, attributes).ok()?;
        cache.place().map(Self::Cache)
    }

    /// Returns the places of an output.
    fn of_output(text: &str) -> Vec<Self> {
        let fields = attributes(text, "dest").unwrap_or_default();
        match (fields.get("dest").map(String::as_str), fields.get("name")) {
            (Some("-"), _) => vec![Self::Stdout],
            (Some(path), _) => vec![Self::Path(path.into())],
            (None, Some(names)) => {
                let names = names.split(',');
                names.map(|name| Self::Image(name.to_owned())).collect()
            }
            (None, None) => Vec::new(),
        }
    }

    /// Says how several targets get along.
    pub(super) fn hint(&self) -> String {
        let alone = "build one target at a time";
        match self {
            Self::Cache(cache) => {
                format!("Give each its own, such as `{cache}-{{target}}`, or {alone}")
            }
            Self::Path(_) => {
                format!("Give each its own, such as `dest=out-{{target}}`, or {alone}")
            }
            Self::Image(name) => {
                format!("Give each its own, such as `name={name}-{{target}}`, or {alone}")
            }
            Self::Stdout => {
                format!("Write files, such as `--output type=tar,dest={{target}}.tar`, or {alone}")
            }
        }
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

/// Finds the places that several targets would write: the last one would win, without a word.
///
/// `caches` and `outputs` are what all targets were given, in the order in which they have it.
pub(super) fn check_shared_places(
    planned: &[PlannedTarget],
    caches: &[Setting<String>],
    outputs: &[Setting<String>],
    findings: &mut Findings,
) {
    let mut writers: BTreeMap<Place, (Vec<String>, Origin)> = BTreeMap::new();
    for target in planned {
        let caches = target.cache_to.iter().zip(caches);
        let caches =
            caches.filter_map(|(cache, set)| Some((Place::of_cache(cache.expose())?, set)));
        let outputs = target.outputs.iter().zip(outputs);
        let outputs = outputs.flat_map(|(output, set)| {
            let places = Place::of_output(output).into_iter();
            places.map(move |place| (place, set))
        });
        for (place, set) in caches.chain(outputs) {
            let (targets, _) = writers
                .entry(place)
                .or_insert_with(|| (Vec::new(), set.origin.clone()));
            if !targets.contains(&target.target) {
                targets.push(target.target.clone());
            }
        }
    }
    let shared = writers
        .into_iter()
        .filter(|(_, (targets, _))| targets.len() > 1);
    for (place, (targets, origin)) in shared {
        findings.error(PlanError::SharedPlace {
            place,
            targets,
            origin,
        });
    }
}
