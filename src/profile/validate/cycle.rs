//! Targets that need each other.

use std::collections::HashMap;

use crate::profile::document::Profile;
use crate::toml_file::{FileError, Located};

/// A target on the way, and which of its needs are still to be followed.
type Step<'a> = (&'a str, std::slice::Iter<'a, Located<String>>);

/// Returns the first cycle.
///
/// Each need is followed once, and without recursion: a chain may be as long as the file.
pub(super) fn find(profile: &Profile) -> Option<FileError> {
    let mut search = Search {
        profile,
        is_open: HashMap::new(),
        path: Vec::new(),
    };
    let mut targets = profile.targets.names();
    targets.find_map(|name| search.from(name))
}

struct Search<'a> {
    profile: &'a Profile,
    /// What was met, and whether it is on the path.
    is_open: HashMap<&'a str, bool>,
    path: Vec<Step<'a>>,
}

impl<'a> Search<'a> {
    fn from(&mut self, start: &'a str) -> Option<FileError> {
        self.enter(start);
        while let Some((name, needs)) = self.path.last_mut() {
            let Some(need) = needs.next() else {
                self.is_open.insert(name, false);
                self.path.pop();
                continue;
            };
            match self.is_open.get(need.as_str()) {
                None => self.enter(&need.value),
                Some(true) => return Some(self.cycle(need)),
                Some(false) => {}
            }
        }
        None
    }

    fn enter(&mut self, name: &'a str) {
        let target = self.profile.targets.get(name);
        if let Some(target) = target.filter(|_| !self.is_open.contains_key(name)) {
            let needs = target.needs.as_deref().unwrap_or_default();
            self.is_open.insert(name, true);
            self.path.push((name, needs.iter()));
        }
    }

    fn cycle(&self, link: &Located<String>) -> FileError {
        let names = self.path.iter().map(|(name, _)| *name);
        let names = names.skip_while(|name| *name != link.value);
        let chain = names.chain([link.as_str()]);
        FileError::Cycle {
            what: "Targets depend on each other",
            chain: chain.map(str::to_owned).collect(),
            at: link.at.clone(),
        }
    }
}
