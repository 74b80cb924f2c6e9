//! The fragments that a target is joined from.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::axes::Asked;
use super::error::PlanError;
use super::facts::Facts;
use super::findings::Findings;
use super::origin::Origin;
use super::stages::Fragment;
use crate::profile::{Profile, Target};
use crate::toml_file::Located;

/// Returns the fragments of a target and of all that it needs, in the order of joining.
pub(super) fn fragments<'a>(
    profile: &'a Profile,
    facts: &'a Facts,
    target: &Asked<'a>,
    findings: &mut Findings,
) -> Vec<Arc<Fragment>> {
    let mut collection = Collection {
        facts,
        tables: profile
            .targets
            .iter()
            .map(|(name, table)| (name.as_str(), (name, table)))
            .collect(),
        seen: HashSet::new(),
        fragments: Vec::new(),
        names: HashSet::new(),
    };
    collection.add(target.name, findings);
    collection.fragments
}

/// The fragments of a target in the making.
struct Collection<'a> {
    facts: &'a Facts,
    tables: HashMap<&'a str, (&'a Located<String>, &'a Target)>,
    /// The targets that are looked at.
    seen: HashSet<&'a str>,
    fragments: Vec<Arc<Fragment>>,
    names: HashSet<String>,
}

impl<'a> Collection<'a> {
    /// Adds the fragments of a target behind those that it needs. Chains of needs may be long, so
    /// there is no recursion.
    fn add(&mut self, target: &'a str, findings: &mut Findings) {
        let mut open = vec![(target, self.needs(target))];
        self.seen.insert(target);
        while let Some((name, needs)) = open.last_mut() {
            let name = *name;
            match needs.pop() {
                Some(need) if self.seen.insert(need) => open.push((need, self.needs(need))),
                Some(_) => {}
                None => {
                    open.pop();
                    self.add_own(name, findings);
                }
            }
        }
    }

    /// The needs of a target, the first one at the end.
    fn needs(&self, target: &str) -> Vec<&'a str> {
        let table = self.tables.get(target).map(|(_, table)| *table);
        let needs = table
            .and_then(|table| table.needs.as_ref())
            .into_iter()
            .flatten();
        needs.rev().map(Located::as_str).collect()
    }

    fn add_own(&mut self, name: &str, findings: &mut Findings) {
        let Some((at, table)) = self.tables.get(name) else {
            return;
        };
        let written = table.fragment.as_ref();
        let fragment = written.map_or(name, Located::as_str);
        let known = &self.facts.fragments;
        match known.get(fragment) {
            Ok(found) => {
                if self.names.insert(found.name.clone()) {
                    self.fragments.push(found);
                }
            }
            Err(_) => findings.error(PlanError::MissingFragment {
                target: name.to_owned(),
                fragment: fragment.to_owned(),
                known: known.names().map(str::to_owned).collect(),
                origin: Origin::File(written.map_or(&at.at, |written| &written.at).clone()),
            }),
        }
    }
}
