//! What two builds of one plan must not have in common: image names, and places that they write.

use std::collections::{BTreeMap, BTreeSet};

use super::build_plan::PlannedTarget;
use super::error::PlanError;
use super::findings::Findings;
use super::origin::{Origin, Setting};
use super::place::Place;
use super::planner::Planned;
use super::settings::Settings;

/// A build that is asked for twice is built once.
pub(super) fn merged(planned: impl Iterator<Item = Planned>) -> Vec<Planned> {
    let mut builds: Vec<Planned> = Vec::new();
    for build in planned {
        if !builds.iter().any(|known| known.target == build.target) {
            builds.push(build);
        }
    }
    builds
}

/// Two builds of one plan must differ in their names.
pub(super) fn check_built_names<'a>(
    planned: impl Iterator<Item = &'a PlannedTarget>,
    findings: &mut Findings,
) {
    let mut seen = BTreeSet::new();
    for target in planned {
        if !seen.insert(&target.name) {
            findings.error(PlanError::SharedName {
                name: target.name.clone(),
            });
        }
    }
}

/// Two images of one plan must not take each other's name.
pub(super) fn check_tags<'a>(
    planned: impl Iterator<Item = &'a PlannedTarget>,
    settings: &Settings,
    findings: &mut Findings,
) {
    let mut owners: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for target in planned {
        for tag in &target.tags {
            let owners = owners.entry(tag).or_default();
            // Two builds of one name are another mistake.
            if !owners.contains(&target.name) {
                owners.push(target.name.clone());
            }
        }
    }
    for (tag, targets) in owners {
        if targets.len() > 1 {
            let asked = settings.tags.iter().find(|asked| asked.value == tag);
            findings.error(PlanError::SharedTag {
                tag: tag.to_owned(),
                targets,
                origin: asked.map_or(Origin::BuiltIn, |asked| asked.origin.clone()),
            });
        }
    }
}

/// Finds the places that several targets would write: the last one would win, without a word.
pub(super) fn check_places<'a>(
    written: impl Iterator<Item = (&'a PlannedTarget, &'a [Setting<Place>])>,
    findings: &mut Findings,
) {
    let mut writers: BTreeMap<&Place, (Vec<String>, &Origin)> = BTreeMap::new();
    for (target, places) in written {
        for Setting { value, origin } in places {
            let (targets, _) = writers.entry(value).or_insert((Vec::new(), origin));
            if !targets.contains(&target.name) {
                targets.push(target.name.clone());
            }
        }
    }
    for (place, (targets, origin)) in writers {
        if targets.len() > 1 {
            findings.error(PlanError::SharedPlace {
                place: place.clone(),
                targets,
                origin: origin.clone(),
            });
        }
    }
}
