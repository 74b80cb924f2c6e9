//! Profiles that inherit others.

use super::document::Profile;
use crate::problem::{Problem, ProblemKind};
use crate::toml_file::{FileError, Located, Merge as _};

/// How many profiles may inherit one another in a chain.
const LONGEST_CHAIN: usize = 32;

/// How many profiles a profile may consist of, each counted as often as it is inherited.
const MOST_PARTS: usize = 1_000;

/// One file, read.
#[derive(Debug)]
pub(super) struct Entry {
    /// The file's name without `.toml`.
    pub(super) name: String,
    /// What could be understood.
    pub(super) profile: Profile,
    pub(super) problems: Vec<Problem>,
}

impl Entry {
    /// Returns whether the file is there to be inherited only.
    pub(super) fn is_parent_only(&self) -> bool {
        self.profile.framework.is_none() && self.problems.is_empty()
    }
}

/// Returns the profile of a file with all that it inherits from others, and what is wrong in them.
pub(super) fn inherited(entries: &[Entry], entry: &Entry) -> (Profile, Vec<Problem>) {
    let mut loading = Loading {
        entries,
        chain: Vec::new(),
        parts: 0,
        problems: Vec::new(),
    };
    let profile = loading.load(entry);
    (profile, loading.problems)
}

/// A profile on its way to being complete.
struct Loading<'a> {
    entries: &'a [Entry],
    /// The files between the one asked for and the current one.
    chain: Vec<&'a str>,
    /// How many were loaded.
    parts: usize,
    problems: Vec<Problem>,
}

impl<'a> Loading<'a> {
    fn load(&mut self, entry: &'a Entry) -> Profile {
        self.parts += 1;
        self.problems.extend(entry.problems.iter().cloned());
        self.chain.push(&entry.name);
        let complete = self.inherit(entry.profile.clone());
        self.chain.pop();
        complete
    }

    fn inherit(&mut self, mut profile: Profile) -> Profile {
        for link in profile.inherits.clone().into_iter().flatten() {
            if self.chain.contains(&link.as_str()) {
                self.problems.push(self.cycle(&link));
                continue;
            }
            if self.chain.len() >= LONGEST_CHAIN || self.parts >= MOST_PARTS {
                self.problems.extend(self.too_many(&link));
                break;
            }
            match self.entries.iter().find(|entry| entry.name == link.value) {
                Some(parent) => profile = profile.merge(self.load(parent)),
                None => self.problems.push(self.no_parent(&link)),
            }
        }
        profile
    }

    /// Too many inherit one another; said once.
    fn too_many(&self, link: &Located<String>) -> Option<Problem> {
        let message = format!(
            "Profiles inherit in a chain of more than {LONGEST_CHAIN}, or of more than {MOST_PARTS} in all"
        );
        let is_said = self
            .problems
            .iter()
            .any(|problem| problem.message == message);
        let problem =
            Problem::new(ProblemKind::Usage, message).excerpt(link.at.excerpt("one too many"));
        (!is_said).then(|| problem.hint("Put what they share into fewer files"))
    }

    fn no_parent(&self, link: &Located<String>) -> Problem {
        Problem::from(FileError::UnknownValue {
            what: "profile to inherit",
            value: link.value.clone(),
            valid: self
                .entries
                .iter()
                .map(|entry| entry.name.clone())
                .collect(),
            at: link.at.clone(),
        })
    }

    fn cycle(&self, link: &Located<String>) -> Problem {
        let names = self.chain.iter().skip_while(|name| **name != link.value);
        let chain = names
            .map(|name| (*name).to_owned())
            .chain([link.value.clone()]);
        Problem::from(FileError::Cycle {
            what: "Profiles inherit each other",
            chain: chain.collect(),
            at: link.at.clone(),
        })
    }
}
