//! What a step said of its compiler cache.

use std::sync::LazyLock;

use regex::Regex;

/// What a step has said of its compiler cache: `sccache --show-stats` at the end of each
/// compilation, and the warnings of the `compile` script.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct CacheLog {
    /// Compilations whose result was in the cache.
    pub(super) hits: u64,
    /// Compilations that had to run.
    pub(super) misses: u64,
    /// Requests that the cache's server failed to answer.
    pub(super) errors: u64,
    /// Where the cache is, in a few words.
    pub(super) location: Option<String>,
    /// Why it is not where it was asked for.
    pub(super) warning: Option<String>,
}

impl CacheLog {
    /// Takes in a line. Totals add up, for one step may compile several times; those of single
    /// languages, as `Cache hits (Rust)`, are parts of them.
    pub(super) fn read(&mut self, line: &str) {
        static LINE: LazyLock<Option<Regex>> = LazyLock::new(|| {
            Regex::new(
                r"^(?:Cache (hits|misses|read errors|write errors|timeouts)\s+(\d+)|Cache (location)\s+(.+)|warning: (sccache): (.+))$",
            )
            .ok()
        });
        let line = line.trim_end();
        let Some(found) = LINE.as_ref().and_then(|pattern| pattern.captures(line)) else {
            return;
        };
        let (_, [what, value]) = found.extract();
        let count = value.parse().unwrap_or(0);
        match what {
            "hits" => self.hits += count,
            "misses" => self.misses += count,
            "location" => self.location = Some(location(value)),
            "sccache" => self.warning = Some(value.to_owned()),
            _ => self.errors += count,
        }
    }
}

/// Puts sccache's words for the place of a cache into ours.
pub(super) fn location(place: &str) -> String {
    if place.starts_with("Local disk") {
        return "in the engine".to_owned();
    }
    let parts = place.split_once(", name: ").and_then(|(kind, rest)| {
        let (name, prefix) = rest.split_once(", prefix: ")?;
        Some(format!("{kind} {name}{}", prefix.trim_end_matches('/')))
    });
    parts.unwrap_or_else(|| place.to_owned())
}
