//! Profile, settings and facts in; a plan out. Pure.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use super::axes::{self, Asked};
use super::build_args::{Chains, Ingredients};
use super::build_plan::{BuildPlan, PlannedDockerfile, PlannedTarget};
use super::compiler_cache::{self, SWITCH, is_for_another, note_obstacles};
use super::contents::{Contents, note_repository, note_source};
use super::demands;
use super::error::PlanError;
use super::explanation::Explanation;
use super::facts::Facts;
use super::features;
use super::findings::Findings;
use super::image_names::{Values, image_names, names_to_push};
use super::labels::labels;
use super::layers::note_layers;
use super::origin::{Origin, Setting};
use super::place::Place;
use super::reach::Reach;
use super::reference::{Referred, note_unknown};
use super::secrets::{KnownSecret, known_secrets, secrets};
use super::settings::Settings;
use super::shared;
use super::smoke;
use super::specs::{self, Results, results};
use super::stages::{Composition, Fragment, Ids, Inputs, StageGraph};
use super::steps;
use crate::docker::cache::{CacheSpec, CacheUse};
use crate::docker::output::Output;
use crate::problem::{Excerpt, Problem, Problems};
use crate::profile::{Profile, Source, Target};
use crate::toml_file::Located;

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
    let unknown = Ingredients {
        profile,
        settings,
        facts,
        axes: &axes,
        contents: None,
    };
    let contents = Contents::new(&unknown, facts, &targets);
    note_source(&unknown, &contents, &context(settings), &mut findings);
    note_repository(&contents, facts, &mut findings);
    findings
        .explanation
        .note(None, "version", contents.version.clone());
    let planner = Planner {
        ingredients: Ingredients {
            contents: Some(&contents),
            ..unknown
        },
        contents: &contents,
        compiler_cache: compiler_cache::decide(&profile.sccache, &settings.sccache, &mut findings),
    };
    let mut builds = Vec::new();
    let mut declared = BTreeMap::new();
    let mut referred = Referred::default();
    let mut stages = BTreeSet::new();
    for target in &targets {
        let fragments = fragments(profile, facts, target, &mut findings);
        let own = Declared::of(&fragments, &mut findings);
        let names = fragments.iter().map(|fragment| fragment.name.clone());
        let build = planner.target(target, names.collect(), &own, &mut findings);
        if let Some(composition) = &own.composition {
            let graph = StageGraph::new(composition, build.target.inputs());
            stages.extend(graph.names().map(str::to_owned));
            referred.add(&graph);
        }
        builds.push(build);
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
        referred.check(&settings.contexts, &mut findings);
        steps::check_stages(&settings.steps, &stages, &mut findings);
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
        warnings: findings.warnings,
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
fn fragments<'a>(
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

/// The stages of a build and the names that they declare.
#[derive(Default)]
struct Declared {
    args: BTreeMap<String, Excerpt>,
    /// None if a fragment cannot be read.
    composition: Option<Composition>,
}

impl Declared {
    fn of(fragments: &[Arc<Fragment>], findings: &mut Findings) -> Self {
        match Composition::new(fragments.iter().cloned()) {
            Ok(composition) => {
                note_unknown(&composition, findings);
                Self {
                    args: composition.declarations(),
                    composition: Some(composition),
                }
            }
            Err(errors) => {
                for error in errors {
                    findings.fragment(Problem::from(error));
                }
                Self::default()
            }
        }
    }

    /// Returns what the steps of a target ask for.
    fn steps(&self, target: &Asked<'_>, inputs: Inputs<'_>, findings: &mut Findings) -> Steps {
        let Some(composition) = &self.composition else {
            return Steps::default();
        };
        let graph = StageGraph::new(composition, inputs);
        let name = stage_name(target);
        let Some(stage) = graph.find(name) else {
            // Where a fragment is missing, that is why.
            let is_missing = |error: &PlanError| matches!(error, PlanError::MissingFragment { .. });
            if findings.errors.iter().any(is_missing) {
                return Steps::default();
            }
            let written = target.table.stage.as_ref();
            findings.error(PlanError::UnknownStage {
                target: target.name.to_owned(),
                stage: name.to_owned(),
                known: graph.names().map(str::to_owned).collect(),
                origin: written.map_or_else(
                    || target.origin.clone(),
                    |stage| Origin::File(stage.at.clone()),
                ),
            });
            return Steps::default();
        };
        Steps {
            secrets: graph.secrets(stage),
            ssh: graph.ssh(stage),
            compile: graph.declared(stage).contains(SWITCH),
        }
    }
}

/// Returns the name of the stage that a target is.
fn stage_name<'a>(target: &'a Asked<'_>) -> &'a str {
    let stage = target.table.stage.as_ref();
    stage.map_or(target.name, Located::as_str)
}

/// What the steps of a target ask for.
#[derive(Default)]
struct Steps {
    secrets: Ids,
    ssh: Ids,
    /// Whether they compile through the compiler cache.
    compile: bool,
}

impl Steps {
    /// Notes secrets and agents without which a step fails: it may still be in the engine's cache.
    fn note_missing(&self, known: &[KnownSecret], settings: &Settings, findings: &mut Findings) {
        let is_known = |id: &String| known.iter().any(|secret| secret.id == *id);
        for id in self.secrets.required.iter().filter(|id| !is_known(id)) {
            findings.note(format!(
                "A step fails without the secret `{id}`: give it with `--secret id={id},src=FILE`"
            ));
        }
        if !self.ssh.required.is_empty() && settings.ssh.is_empty() {
            findings
                .note("A step fails without an ssh agent: give it with `--ssh default`".to_owned());
        }
    }
}

/// A planned target and the places that it alone may write, with who named them.
struct Planned {
    target: PlannedTarget,
    writes: Vec<Setting<Place>>,
}

struct Planner<'a> {
    ingredients: Ingredients<'a>,
    contents: &'a Contents<'a>,
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
            contents: _,
        } = self.ingredients;
        let values = Values {
            axes,
            target: target.name,
            contents: self.contents,
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
        let Results { tags, mut outputs } = results(settings, outputs, tags, push);
        steps::annotate(&mut outputs, &settings.steps.annotations);
        check_names(&outputs, &tags, findings);
        for tag in &tags {
            findings
                .explanation
                .note(Some(target.name), "tag", tag.clone());
        }
        let is_declared = |name: &str| declared.args.contains_key(name);
        let build_args = self.build_args(target, is_declared, findings);
        let build_args = winners(target, "", build_args, findings);
        let labels = labels(profile, settings, facts, &values);
        let mut known = known_secrets(profile, settings);
        known.retain(|secret| is_wanted(secret, &build_args));
        let contexts = specs::contexts(profile, settings, findings);
        let inputs = Inputs {
            args: &build_args,
            contexts: &contexts,
            platforms: &axes.platforms,
        };
        let steps = declared.steps(target, inputs, findings);
        let secrets = secrets(&known, facts, &steps.secrets, findings);
        steps.note_missing(&known, settings, findings);
        if steps.compile {
            note_obstacles(&build_args, &secrets, findings);
        }
        if axes.source.value == Source::Tree {
            demands::check(facts.tree.as_ref(), &build_args, findings);
        }
        if let Some(composition) = &declared.composition {
            note_layers(composition, stage_name(target), inputs, profile, findings);
        }
        let target = PlannedTarget {
            name: format!("{}-{}", axes.called, target.name),
            framework: axes.framework.clone(),
            target: target.name.to_owned(),
            device: axes.device.to_owned(),
            source: axes.source.value,
            version: self.contents.version.value.clone(),
            platforms: axes.platforms.clone(),
            tags: values_of(tags),
            build_args,
            labels: winners(target, "label ", labels, findings),
            secrets,
            context: context(settings),
            contexts,
            ssh: values_of(settings.ssh.clone()),
            cache_from: values_of(cache_from),
            cache_to: values_of(cache_to),
            outputs: values_of(outputs),
            attestations: specs::attestations(settings, findings),
            smoke: if is_on(settings.no_smoke.as_ref()) {
                Vec::new()
            } else {
                smoke::of_target(profile, axes, target.name)
            },
            no_cache: is_on(settings.no_cache.as_ref()),
            pull: is_on(settings.pull.as_ref()),
            steps: steps::planned(target.name, &settings.steps, findings),
            dockerfile: PlannedDockerfile {
                fragments,
                stage: stage_name(target).to_owned(),
            },
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
