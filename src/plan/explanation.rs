//! Each value of a plan and the chain of those that set it.

use std::collections::BTreeMap;

use serde::Serialize;

use super::origin::{Origin, Setting};
use crate::problem::{Problem, ProblemKind};
use crate::toml_file::with_choices;

/// A value, who set it, and what it won over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Explained {
    /// The planned target; `None` for what all of them share.
    pub target: Option<String>,
    /// The value's name: an axis (`device`), a field (`tags`), or a build argument.
    pub key: String,
    /// The value.
    pub value: String,
    /// Who set it.
    pub origin: Origin,
    /// What it won over, nearest first.
    pub overridden: Vec<Setting<String>>,
}

/// Every value of a plan.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Explanation {
    /// The values in the order in which they were decided.
    pub values: Vec<Explained>,
}

impl Explanation {
    pub(super) fn note(&mut self, target: Option<&str>, key: &str, setting: Setting<String>) {
        self.note_chain(target, key, vec![setting]);
    }

    /// Notes what all targets share, unless one of them has.
    pub(super) fn note_once(&mut self, key: &str, chain: Vec<Setting<String>>) {
        if !self.values.iter().any(|known| known.key == key) {
            self.note_chain(None, key, chain);
        }
    }

    /// Notes the values that were set, farthest first; the last one counts.
    pub(super) fn note_chain(
        &mut self,
        target: Option<&str>,
        key: &str,
        mut chain: Vec<Setting<String>>,
    ) {
        let Some(Setting { value, origin }) = chain.pop() else {
            return;
        };
        chain.reverse();
        self.values.push(Explained {
            target: target.map(str::to_owned),
            key: key.to_owned(),
            value,
            origin,
            overridden: chain,
        });
    }

    /// Names targets as the plan does, where it has several of one profile's name. What all targets
    /// of the family share is noted for each.
    pub(super) fn qualify(&mut self, names: &BTreeMap<&str, &str>) {
        let values = std::mem::take(&mut self.values).into_iter();
        self.values = values
            .flat_map(|value| {
                let qualified: Vec<String> = match &value.target {
                    Some(target) => {
                        let name = names.get(target.as_str());
                        vec![name.map_or_else(|| target.clone(), |name| (*name).to_owned())]
                    }
                    None => names.values().map(|name| (*name).to_owned()).collect(),
                };
                qualified.into_iter().map(move |target| Explained {
                    target: Some(target),
                    ..value.clone()
                })
            })
            .collect();
    }

    /// Returns who set a value of a target.
    pub(super) fn of(&self, target: &str, key: &str) -> Option<&Origin> {
        let mut values = self.values.iter();
        let found = values.find(|value| {
            value.key == key && value.target.as_deref().is_none_or(|name| name == target)
        });
        found.map(|value| &value.origin)
    }

    /// Returns the values of a key in any case, or a problem that names the keys there are.
    pub fn find(&self, key: &str) -> Result<Vec<&Explained>, Problem> {
        let found: Vec<_> = self
            .values
            .iter()
            .filter(|value| value.key.eq_ignore_ascii_case(key))
            .collect();
        if !found.is_empty() {
            return Ok(found);
        }
        let mut keys: Vec<&str> = self.values.iter().map(|value| value.key.as_str()).collect();
        keys.sort_unstable();
        keys.dedup();
        let problem = Problem::new(
            ProblemKind::Usage,
            format!("Nothing in the plan is called `{key}`"),
        );
        Err(with_choices(problem, "Keys", key, &keys))
    }
}

impl Explained {
    /// Returns the value and the chain of those who set it, a line each.
    pub fn text(&self) -> String {
        let name = match &self.target {
            Some(target) => format!("{} of {target}", self.key),
            None => self.key.clone(),
        };
        let set = format!("{name} = {}\n  set by {}\n", self.value, self.origin);
        let over =
            |lost: &Setting<String>| format!("  over `{}`, set by {}\n", lost.value, lost.origin);
        [set]
            .into_iter()
            .chain(self.overridden.iter().map(over))
            .collect()
    }
}
