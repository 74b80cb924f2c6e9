//! Profile, settings and facts in; a plan out. Pure.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::axes::{self, Asked};
use super::build_args::{Chains, Ingredients};
use super::build_plan::{BuildPlan, PlannedDockerfile, PlannedTarget};
use super::compiler_cache::{self, SWITCH, is_for_another, note_obstacles};
use super::error::PlanError;
use super::explanation::Explanation;
use super::facts::Facts;
use super::features;
use super::findings::Findings;
use super::image_names::{Values, image_names, names_to_push};
use super::labels::{labels, note_repository};
use super::origin::{Origin, Setting};
use super::place::Place;
use super::reach::Reach;
use super::secrets::{KnownSecret, known_secrets, secrets};
use super::settings::Settings;
use super::shared;
use super::specs::{self, Results, results};
use super::stages::{Composition, Fragment, StageGraph};
use crate::docker::cache::{CacheSpec, CacheUse};
use crate::docker::output::Output;
use crate::problem::{Excerpt, Problem, Problems};
use crate::profile::Profile;
use crate::toml_file::Located;

/// A plan, where each of its values comes from, and what the user should know about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resolution {
    /// The plan.
    pub plan: BuildPlan,
    /// The origin of each value.
    pub explanation: Explanation,
    /// Sentences for people, without trailing period.
    pub notes: Vec<String>,
}

/// Decides everything about the builds that were asked for, or returns all that is wrong.
pub fn resolve(
    profile: &Profile,
    settings: &Settings,
    facts: &Facts,
) -> Result<Resolution, Problems> {
    let mut findings = Findings::default();
    features::check_names(profile, settings, &mut findings);
    let decided = axes::decide(profile, settings, facts, &mut findings);
    let Some((axes, targets)) = decided else {
        return Err(findings.problems().unwrap_or_default());
    };
    note_repository(facts, &mut findings);
    let version = version(profile, facts);
    findings.explanation.note(None, "version", version.clone());
    let planner = Planner {
        ingredients: Ingredients {
            profile,
            settings,
            facts,
            axes: &axes,
            version: &version,
        },
        compiler_cache: compiler_cache::decide(&profile.sccache, &settings.sccache, &mut findings),
    };
    let mut builds = Vec::new();
    let mut declared = BTreeMap::new();
    for target in &targets {
        let fragments = fragments(profile, facts, target, &mut findings);
        let own = Declared::of(&fragments, &mut findings);
        let names = fragments.iter().map(|fragment| fragment.name.clone());
        builds.push(planner.target(target, names.collect(), &own, &mut findings));
        declared.extend(own.args);
    }
    // Fragments that cannot be read declare nothing, which is not the argument's fault.
    if findings.fragments.is_empty() {
        let reach = Reach {
            profile,
            settings,
            fragments: &facts.fragments,
            targets: targets.iter().map(|target| target.name).collect(),
            declared: &declared,
        };
        reach.check(&mut findings);
    }
    let images = builds.iter().map(|build: &Planned| &build.target);
    shared::check_tags(images.clone(), settings, &mut findings);
    let written = builds.iter();
    let written = written.map(|build| (&build.target, build.writes.as_slice()));
    shared::check_places(written, &mut findings);
    note_root(images, &mut findings);
    if let Some(problems) = findings.problems() {
        return Err(problems);
    }
    Ok(Resolution {
        plan: BuildPlan {
            schema_version: 1,
            profile_dir: settings
                .profile_dir
                .clone()
                .map(|directory| directory.value),
            targets: builds.into_iter().map(|build| build.target).collect(),
        },
        explanation: findings.explanation,
        notes: findings.notes,
    })
}

/// Decides which fragments each target is joined from, and nothing else: what is wrong with the
/// rest of the settings is no matter of a Dockerfile's text.
///
/// # Errors
/// Returns what is wrong with the axes, and the fragments that do not exist.
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
        let names = fragments.iter().map(|fragment| fragment.name.clone());
        chosen.push(names.collect());
    }
    match findings.problems() {
        Some(problems) => Err(problems),
        None => Ok(chosen),
    }
}

/// Returns the fragments of a target and of all that it needs, in the order of joining.
fn fragments(
    profile: &Profile,
    facts: &Facts,
    target: &Asked<'_>,
    findings: &mut Findings,
) -> Vec<Arc<Fragment>> {
    let mut fragments = Vec::new();
    collect_fragments(profile, facts, target.name, &mut fragments, findings);
    fragments
}

fn collect_fragments(
    profile: &Profile,
    facts: &Facts,
    name: &str,
    fragments: &mut Vec<Arc<Fragment>>,
    findings: &mut Findings,
) {
    let Some((at, table)) = profile.targets.entry(name) else {
        return;
    };
    for need in table.needs.iter().flatten() {
        collect_fragments(profile, facts, &need.value, fragments, findings);
    }
    let written = table.fragment.as_ref();
    let fragment = written.map_or(name, Located::as_str);
    let known = &facts.fragments;
    match known.get(fragment) {
        Ok(found) if fragments.contains(&found) => {}
        Ok(found) => fragments.push(found),
        Err(_) => findings.error(PlanError::MissingFragment {
            target: name.to_owned(),
            fragment: fragment.to_owned(),
            known: known.names().map(str::to_owned).collect(),
            origin: Origin::File(written.map_or(at, |written| &written.at).clone()),
        }),
    }
}

/// The version of the checkout; without one, that of the wheels that are installed.
fn version(profile: &Profile, facts: &Facts) -> Setting<String> {
    if let Some(revision) = facts.checkout.revision() {
        return Setting::new(revision.describe(), Origin::Git);
    }
    let wheels = profile.components.get("ai-dynamo");
    match wheels.and_then(|wheels| wheels.version.clone()) {
        Some(version) => Setting::from(version.map(|version| format!("v{}", version.0))),
        None => Setting::new("v0.0.1.dev".to_owned(), Origin::BuiltIn),
    }
}

/// The stages of a build and the names that they declare.
#[derive(Default)]
struct Declared {
    args: BTreeMap<String, Excerpt>,
    secrets: BTreeSet<String>,
    /// None if a fragment cannot be read.
    composition: Option<Composition>,
}

impl Declared {
    fn of(fragments: &[Arc<Fragment>], findings: &mut Findings) -> Self {
        match Composition::new(fragments.iter().cloned()) {
            Ok(composition) => Self {
                args: composition.declarations(),
                secrets: composition
                    .secrets()
                    .into_iter()
                    .map(str::to_owned)
                    .collect(),
                composition: Some(composition),
            },
            Err(errors) => {
                for error in errors {
                    findings.fragment(Problem::from(error));
                }
                Self::default()
            }
        }
    }

    /// Returns whether a stage that building `stage` runs compiles through the compiler cache.
    fn compiles(&self, stage: &str, build_args: &BTreeMap<String, String>) -> bool {
        self.composition.as_ref().is_some_and(|composition| {
            let graph = StageGraph::new(composition, build_args);
            let target = graph.find(stage);
            target.is_some_and(|target| graph.declares(target, SWITCH))
        })
    }
}

/// A planned target and the places that it alone may write, with who named them.
struct Planned {
    target: PlannedTarget,
    writes: Vec<Setting<Place>>,
}

struct Planner<'a> {
    ingredients: Ingredients<'a>,
    /// The arguments of the compiler cache, the same for every target.
    compiler_cache: Chains,
}

impl Planner<'_> {
    fn target(
        &self,
        target: &Asked<'_>,
        fragments: Vec<String>,
        declared: &Declared,
        findings: &mut Findings,
    ) -> Planned {
        let Ingredients {
            profile,
            settings,
            facts,
            axes,
            version,
        } = self.ingredients;
        let values = Values {
            axes,
            target: target.name,
            version,
            checkout: &facts.checkout,
        };
        let tags = image_names(profile, settings, target, &values, findings);
        let push = is_on(settings.push.as_ref());
        let push = push.then(|| names_to_push(&tags, target, findings));
        let outputs = specs::outputs(settings, &values, findings);
        let written = (profile, settings);
        let cache_from = specs::caches(CacheUse::Read, written, &values, findings);
        let cache_to = specs::caches(CacheUse::Write, written, &values, findings);
        let writes = writes(&outputs, &cache_to);
        let Results { tags, outputs } = results(settings, outputs, tags, push);
        check_names(&outputs, &tags, findings);
        for tag in &tags {
            findings
                .explanation
                .note(Some(target.name), "tag", tag.clone());
        }
        let is_declared = |name: &str| declared.args.contains_key(name);
        let mounted = |id: &str| declared.secrets.contains(id);
        let build_args = self.build_args(target, is_declared, findings);
        let build_args = winners(target, "", build_args, findings);
        let labels = labels(profile, settings, facts, &values);
        let mut known = known_secrets(profile, settings);
        known.retain(|secret| is_wanted(secret, &build_args));
        let secrets = secrets(&known, facts, mounted, findings);
        let stage = target.table.stage.as_ref();
        let stage = stage.map_or(target.name, Located::as_str).to_owned();
        if declared.compiles(&stage, &build_args) {
            note_obstacles(&build_args, &secrets, findings);
        }
        let target = PlannedTarget {
            name: format!("{}-{}", axes.called, target.name),
            framework: axes.framework.clone(),
            target: target.name.to_owned(),
            device: axes.device.to_owned(),
            source: axes.source,
            version: version.value.clone(),
            platforms: axes.platforms.clone(),
            tags: values_of(tags),
            build_args,
            labels: winners(target, "label ", labels, findings),
            secrets,
            context: context(settings),
            contexts: specs::contexts(profile, settings, findings),
            ssh: values_of(settings.ssh.clone()),
            cache_from: values_of(cache_from),
            cache_to: values_of(cache_to),
            outputs: values_of(outputs),
            attestations: specs::attestations(settings, findings),
            no_cache: is_on(settings.no_cache.as_ref()),
            pull: is_on(settings.pull.as_ref()),
            dockerfile: PlannedDockerfile { fragments, stage },
        };
        Planned { target, writes }
    }

    fn build_args(
        &self,
        target: &Asked<'_>,
        declared: impl Fn(&str) -> bool,
        findings: &mut Findings,
    ) -> Chains {
        let Ingredients {
            profile,
            settings,
            axes,
            ..
        } = self.ingredients;
        let mut switches = features::chains(profile, settings, axes, target, findings);
        switches.extend(self.compiler_cache.clone());
        self.ingredients
            .chains(target, &switches, declared, findings)
    }
}

/// Credentials of another compiler cache stay where they are, unless a flag names them.
fn is_wanted(secret: &KnownSecret, build_args: &BTreeMap<String, String>) -> bool {
    matches!(secret.source.origin, Origin::Flag(_)) || !is_for_another(&secret.id, build_args)
}

/// Explains every chain and returns the values that count.
fn winners(
    target: &Asked<'_>,
    kind: &str,
    chains: Chains,
    findings: &mut Findings,
) -> BTreeMap<String, String> {
    let mut values = BTreeMap::new();
    for (name, chain) in chains.into_chains() {
        if let Some(winner) = chain.last() {
            values.insert(name.clone(), winner.value.clone());
        }
        let key = format!("{kind}{name}");
        findings
            .explanation
            .note_chain(Some(target.name), &key, chain);
    }
    values
}

fn context(settings: &Settings) -> String {
    let context = settings.context.as_ref();
    context.map_or_else(
        || ".".to_owned(),
        |context| context.value.display().to_string(),
    )
}

fn values_of<T>(settings: Vec<Setting<T>>) -> Vec<T> {
    settings.into_iter().map(|setting| setting.value).collect()
}

/// Returns the places that an output or a cache names. The names of the build are looked at
/// elsewhere.
fn writes(outputs: &[Setting<Output>], caches: &[Setting<CacheSpec>]) -> Vec<Setting<Place>> {
    let caches = caches.iter().filter_map(|cache| {
        let place = Place::of_cache(&cache.value)?;
        Some(Setting::new(place, cache.origin.clone()))
    });
    let outputs = outputs.iter().flat_map(|output| {
        let places = Place::of_output(&output.value).into_iter();
        places.map(|place| Setting::new(place, output.origin.clone()))
    });
    caches.chain(outputs).collect()
}

fn check_names(outputs: &[Setting<Output>], tags: &[Setting<String>], findings: &mut Findings) {
    let names: Vec<_> = tags.iter().map(|tag| tag.value.clone()).collect();
    for output in outputs {
        if let Err(error) = output.value.check_names(&names) {
            findings.error(PlanError::refused(&error, output.origin.clone()));
        }
    }
}

fn is_on(setting: Option<&Setting<bool>>) -> bool {
    setting.is_some_and(|setting| setting.value)
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
