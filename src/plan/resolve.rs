//! Profiles, settings and facts in; a plan out. Pure.

use std::collections::{BTreeMap, BTreeSet};

use super::axes::{self, Asked};
use super::build_args::Ingredients;
use super::build_plan::{BuildPlan, PlannedTarget};
use super::compiler_cache;
use super::contents::{Contents, note_repository};
use super::declared::Declared;
use super::explanation::Explanation;
use super::facts::Facts;
use super::family::Family;
use super::features;
use super::findings::Findings;
use super::planner::{Planned, Planner, context};
use super::reach::Reach;
use super::reference::Referred;
use super::releases::{note_source, released};
use super::settings::Settings;
use super::shared;
use super::stages::StageGraph;
use super::steps;
use super::target_fragments::fragments;
use crate::problem::{Excerpt, Problems};
use crate::profile::Profile;

/// A plan, where each of its values comes from, and what the user should know about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resolution {
    /// The plan.
    pub plan: BuildPlan,
    /// The origin of each value.
    pub explanation: Explanation,
    /// Sentences for people, without trailing period; the first one says what is built.
    pub notes: Vec<String>,
    /// What may well be a mistake, although the plan stands.
    pub warnings: Vec<String>,
}

/// Decides everything about the builds of one framework on one device, or returns all that is
/// wrong.
pub fn resolve(
    profile: &Profile,
    settings: &Settings,
    facts: &Facts,
) -> Result<Resolution, Problems> {
    resolve_all(&[Family::new(profile, settings.clone(), facts)])
}

/// Decides everything about the builds of several families, as one plan.
pub fn resolve_all(families: &[Family<'_>]) -> Result<Resolution, Problems> {
    let mut findings = Findings::default();
    features::check_names(families, &mut findings);
    let mut union = Union::default();
    let mut decided = Vec::new();
    for family in families {
        decided.extend(decide(
            family,
            families.len() > 1,
            &mut union,
            &mut findings,
        ));
    }
    if decided.len() < families.len() {
        return Err(findings.problems().unwrap_or_default());
    }
    // Fragments that cannot be read declare nothing, which is not the argument's fault.
    if findings.fragments.is_empty() {
        for (family, builds) in families.iter().zip(&decided) {
            let targets = builds.iter().map(|build| build.target.target.as_str());
            let reach = Reach {
                profile: family.profile,
                settings: &family.settings,
                fragments: &family.facts.fragments,
                targets: targets.collect(),
                declared: &union.declared,
            };
            reach.check(&mut findings);
            union
                .referred
                .check(&family.settings.contexts, &mut findings);
            steps::check_stages(&family.settings.steps, &union.stages, &mut findings);
        }
    }
    let builds = shared::merged(decided.into_iter().flatten());
    check_together(families, &builds, &mut findings);
    if let Some(problems) = findings.problems() {
        return Err(problems);
    }
    let directory = families
        .first()
        .and_then(|family| family.settings.profile_dir.clone());
    Ok(Resolution {
        plan: BuildPlan {
            schema_version: 1,
            profile_dir: directory.map(|directory| directory.value),
            targets: builds.into_iter().map(|build| build.target).collect(),
        },
        explanation: findings.explanation,
        notes: findings.notes,
        warnings: findings.warnings,
    })
}

/// What the stages of all families have: an argument must reach one of them.
#[derive(Default)]
struct Union {
    declared: BTreeMap<String, Excerpt>,
    referred: Referred,
    stages: BTreeSet<String>,
}

/// Decides the builds of one family; none if it stands nowhere.
fn decide(
    family: &Family<'_>,
    is_one_of_several: bool,
    union: &mut Union,
    findings: &mut Findings,
) -> Option<Vec<Planned>> {
    let Family {
        profile,
        settings,
        facts,
        several_devices,
    } = family;
    let outer = std::mem::take(&mut findings.explanation);
    let decided = axes::decide(profile, settings, facts, findings);
    let builds = decided.map(|(mut axes, targets)| {
        axes.several_devices = *several_devices;
        decide_targets(family, &axes, &targets, union, findings)
    });
    let mut own = std::mem::replace(&mut findings.explanation, outer);
    if is_one_of_several && let Some(builds) = &builds {
        let names = builds.iter().map(|build| &build.target);
        own.qualify(
            &names
                .map(|target| (target.target.as_str(), target.name.as_str()))
                .collect(),
        );
    }
    findings.explanation.values.append(&mut own.values);
    builds
}

fn decide_targets(
    family: &Family<'_>,
    axes: &axes::Axes<'_>,
    targets: &[Asked<'_>],
    union: &mut Union,
    findings: &mut Findings,
) -> Vec<Planned> {
    let (profile, settings, facts) = (family.profile, &family.settings, family.facts);
    let unknown = Ingredients {
        profile,
        settings,
        facts,
        axes,
        contents: None,
    };
    let contents = Contents::new(released(&unknown, targets), facts);
    note_source(&unknown, &contents, &context(settings), findings);
    note_repository(&contents, facts, findings);
    if let Some(about) = &axes.device_table.description {
        findings.note(format!("Device `{}`: {}", axes.device, about.value));
    }
    findings
        .explanation
        .note(None, "version", contents.version.clone());
    let planner = Planner {
        ingredients: Ingredients {
            contents: Some(&contents),
            ..unknown
        },
        contents: &contents,
        compiler_cache: compiler_cache::decide(&profile.sccache, &settings.sccache, findings),
    };
    let mut builds = Vec::new();
    for target in targets {
        let fragments = fragments(profile, facts, target, findings);
        let own = Declared::of(&fragments, findings);
        let names = fragments.iter().map(|fragment| fragment.name.clone());
        let build = planner.target(target, names.collect(), &own, findings);
        if let Some(composition) = &own.composition {
            let graph = StageGraph::new(composition, build.target.inputs());
            union.stages.extend(graph.names().map(str::to_owned));
            union.referred.add(&graph);
        }
        builds.push(build);
        union.declared.extend(own.args);
    }
    builds
}

/// Finds what builds must not have in common.
fn check_together(families: &[Family<'_>], builds: &[Planned], findings: &mut Findings) {
    let images = builds.iter().map(|build| &build.target);
    shared::check_built_names(images.clone(), findings);
    if let Some(family) = families.first() {
        shared::check_tags(images.clone(), &family.settings, findings);
    }
    let written = builds.iter();
    let written = written.map(|build| (&build.target, build.writes.as_slice()));
    shared::check_places(written, findings);
    note_root(images, findings);
}

/// Decides which fragments each target is joined from, and nothing else: what is wrong with the
/// rest of the settings is no matter of a Dockerfile's text.
///
/// # Errors
/// Returns what is wrong with the axes, and the fragments and stages that do not exist.
pub fn choose_fragments(
    profile: &Profile,
    settings: &Settings,
    facts: &Facts,
) -> Result<Vec<Vec<String>>, Problems> {
    let mut findings = Findings::default();
    let mut chosen = Vec::new();
    for target in axes::decide(profile, settings, facts, &mut findings)
        .iter()
        .flat_map(|(_, targets)| targets)
    {
        let fragments = fragments(profile, facts, target, &mut findings);
        Declared::of(&fragments, &mut findings).check_stage(target, &mut findings);
        let names = fragments.iter().map(|fragment| fragment.name.clone());
        chosen.push(names.collect());
    }
    match findings.problems() {
        Some(problems) => Err(problems),
        None => Ok(chosen),
    }
}

/// An image of somebody's own cannot be root's: the stage refuses, after minutes of building.
fn note_root<'a>(planned: impl Iterator<Item = &'a PlannedTarget>, findings: &mut Findings) {
    let is_root = |target: &&PlannedTarget| {
        let id = target.build_args.get("USER_UID");
        id.is_some_and(|id| id == "0")
    };
    for target in planned.filter(is_root) {
        let name = &target.target;
        findings.note(format!(
            "`{name}` is an image for one user, and cannot be root's: add `--uid` and `--gid`"
        ));
    }
}
