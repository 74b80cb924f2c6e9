//! How long a build took, and how long it has to take by its own steps.
//!
//! The critical path is the longest chain of things that wait for each other: the Dockerfile, the
//! metadata of base images, the steps (each for those that it is made from), the longest export or
//! upload, the longest move of a name. Had everything else run next to it and nothing lain between
//! two of them, the build would have taken as long as that.

use std::collections::HashMap;
use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;
use serde::Deserialize;

use crate::Result;

/// What comes before and after all steps; BuildKit does not connect these with them.
const BEFORE: [&[&str]; 2] = [
    &["[internal] load build definition"],
    &["[internal] load metadata", "[internal] load .dockerignore"],
];
const AFTER: [&[&str]; 2] = [&["exporting", "pushing", "loading"], &["naming"]];

/// A line of `--progress rawjson`.
#[derive(Deserialize)]
struct Event {
    vertexes: Option<Vec<Vertex>>,
    dynbuild: Option<Own>,
}

/// What dynbuild adds to BuildKit's events.
#[derive(Deserialize)]
struct Own {
    at: Option<Timestamp>,
}

#[derive(Deserialize)]
struct Vertex {
    digest: String,
    name: String,
    inputs: Option<Vec<String>>,
    started: Option<Timestamp>,
    completed: Option<Timestamp>,
}

/// What ran, and how long.
struct Done {
    name: String,
    inputs: Vec<String>,
    took: Duration,
}

/// What a build did, and when.
pub(crate) struct Build {
    done: HashMap<String, Done>,
    first: Timestamp,
    last: Timestamp,
}

/// A chain of things that wait for each other.
#[derive(Clone, Default)]
pub(crate) struct Chain(Vec<(String, Duration)>);

impl Chain {
    fn took(&self) -> Duration {
        self.0.iter().map(|(_, took)| *took).sum()
    }

    pub(crate) fn seconds(&self) -> f64 {
        self.took().as_secs_f64()
    }
}

impl Build {
    /// Reads the events; lines that are none, such as notes from before the build, are passed over.
    pub(crate) fn read(events: &Path) -> Result<Self> {
        let text = fs_err::read(events)?;
        let text = String::from_utf8_lossy(&text);
        let events = text
            .lines()
            .filter_map(|line| serde_json::from_str(line).ok());
        let events: Vec<Event> = events.collect();
        let mut times: Vec<_> = events
            .iter()
            .filter_map(|event| event.dynbuild.as_ref()?.at)
            .collect();
        let mut done = HashMap::new();
        // The last word on a vertex has all of it.
        for vertex in events
            .into_iter()
            .flat_map(|event| event.vertexes.unwrap_or_default())
        {
            let (Some(started), Some(completed)) = (vertex.started, vertex.completed) else {
                continue;
            };
            times.extend([started, completed]);
            let description = Done {
                name: vertex.name,
                inputs: vertex.inputs.unwrap_or_default(),
                took: completed.duration_since(started).unsigned_abs(),
            };
            done.insert(vertex.digest, description);
        }
        let (first, last) = (times.iter().min(), times.iter().max());
        Ok(Self {
            first: *first.ok_or("no events of a build")?,
            last: *last.ok_or("no events of a build")?,
            done,
        })
    }

    pub(crate) fn critical_path(&self) -> Chain {
        let before = BEFORE.iter().filter_map(|names| self.longest(names));
        let after = AFTER.iter().filter_map(|names| self.longest(names));
        Chain(before.chain(self.steps().0).chain(after).collect())
    }

    /// Returns what took longest of the things whose names begin so.
    fn longest(&self, names: &[&str]) -> Option<(String, Duration)> {
        let found = self.done.values().filter(|done| done.is_any_of(names));
        let longest = found.max_by_key(|done| done.took)?;
        Some((longest.name.clone(), longest.took))
    }

    /// Returns the longest chain of steps of which each is made from the one before.
    fn steps(&self) -> Chain {
        let mut known = HashMap::new();
        let chains = self
            .done
            .keys()
            .map(|digest| self.chain_to(digest, &mut known));
        chains.max_by_key(Chain::took).unwrap_or_default()
    }

    fn chain_to<'a>(&'a self, digest: &'a str, known: &mut HashMap<&'a str, Chain>) -> Chain {
        if let Some(chain) = known.get(digest) {
            return chain.clone();
        }
        let Some(done) = self.done.get(digest).filter(|done| done.is_step()) else {
            return Chain::default();
        };
        let before = done.inputs.iter().map(|input| self.chain_to(input, known));
        let mut chain = before.max_by_key(Chain::took).unwrap_or_default();
        chain.0.push((done.name.clone(), done.took));
        known.insert(digest, chain.clone());
        chain
    }
}

impl Done {
    fn is_any_of(&self, names: &[&str]) -> bool {
        names.iter().any(|name| self.name.starts_with(name))
    }

    fn is_step(&self) -> bool {
        !BEFORE
            .iter()
            .chain(&AFTER)
            .any(|names| self.is_any_of(names))
    }
}

/// Prints the critical path of a build, and the time that it took.
pub(crate) fn print(events: &Path) -> Result<()> {
    let build = Build::read(events)?;
    let path = build.critical_path();
    for (name, took) in &path.0 {
        println!("{:8.2} s  {name}", took.as_secs_f64());
    }
    let wall = build.last.duration_since(build.first).as_secs_f64();
    let share = wall / path.seconds();
    println!("{:8.2} s  critical path", path.seconds());
    println!("{wall:8.2} s  wall time, {share:.2} of the critical path");
    Ok(())
}
