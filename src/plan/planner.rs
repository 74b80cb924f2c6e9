//! One target of a family, decided.

use std::collections::BTreeMap;

use super::axes::Asked;
use super::build_args::Ingredients;
use super::build_plan::{PlannedDockerfile, PlannedTarget};
use super::chains::Chains;
use super::compiler_cache::{is_for_another, note_obstacles};
use super::contents::Contents;
use super::declared::{Declared, stage_name};
use super::demands;
use super::epoch::epoch;
use super::error::PlanError;
use super::features;
use super::findings::Findings;
use super::image_names::{image_names, names_to_push, pushed_by_outputs};
use super::labels::labels;
use super::layers::note_layers;
use super::origin::{Origin, Setting};
use super::place::Place;
use super::secrets::{KnownSecret, known_secrets, secrets};
use super::settings::Settings;
use super::smoke;
use super::specs::{self, Results, results};
use super::stages::{Ids, Inputs};
use super::steps;
use super::values::Values;
use crate::docker::attestation::{Attestation, AttestationKind};
use crate::docker::cache::{CacheSpec, CacheUse};
use crate::docker::output::Output;
use crate::profile::{Compression, Profile, Source};
use crate::toml_file::Located;

/// A planned target and the places that it alone may write, with who named them.
pub(super) struct Planned {
    pub(super) target: PlannedTarget,
    pub(super) writes: Vec<Setting<Place>>,
}

pub(super) struct Planner<'a> {
    pub(super) ingredients: Ingredients<'a>,
    pub(super) contents: &'a Contents<'a>,
    /// The arguments of the compiler cache, the same for every target.
    pub(super) compiler_cache: Chains,
}

impl Planner<'_> {
    pub(super) fn target(
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
        let mut outputs = specs::outputs(settings, &values, findings);
        let tags = match push {
            Some(_) => tags,
            None => pushed_by_outputs(&mut outputs, tags, settings, target, findings),
        };
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
        let epoch = epoch(settings, facts, findings);
        let labels = labels(profile, settings, epoch, &values);
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
        steps.note_missing(&known, &facts.absent_secrets, settings, findings);
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
            name: axes.name_of(target.name),
            framework: axes.framework.clone(),
            target: target.name.to_owned(),
            device: axes.device.to_owned(),
            source: axes.source.value,
            version: self.contents.version.value.clone(),
            platforms: axes.platforms.clone(),
            tags: values_of(tags),
            compression: compression(profile, settings, findings),
            memory_per_job: memory_per_job(profile, target, &build_args, &steps.secrets, findings),
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
            complete_logs: complete_logs(profile, settings, findings),
            no_cache: is_on(settings.no_cache.as_ref()),
            pull: is_on(settings.pull.as_ref()),
            steps: steps::planned(target.name, &settings.steps, findings),
            dockerfile: PlannedDockerfile {
                fragments,
                stage: stage_name(target).to_owned(),
            },
        };
        let target = without_scans(target, findings);
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

pub(super) fn context(settings: &Settings) -> String {
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

/// Says of which numbers of jobs the engine's memory decides: those that a step asks for and that no
/// build argument sets.
fn memory_per_job(
    profile: &Profile,
    target: &Asked<'_>,
    build_args: &BTreeMap<String, String>,
    mounted: &Ids,
    findings: &mut Findings,
) -> BTreeMap<String, u64> {
    let mut sizes = BTreeMap::new();
    for (name, size) in profile.memory_per_job.iter() {
        let name = &name.value;
        let is_set = build_args.get(name).is_some_and(|value| !value.is_empty());
        if is_set || !mounted.may_have(name) {
            continue;
        }
        sizes.insert(name.clone(), size.value.0.get());
        let shown = Setting::from(size.clone().map(|size| size.0.to_string()));
        let key = format!("memory-per-job {name}");
        findings.explanation.note(Some(target.name), &key, shown);
    }
    sizes
}

/// Returns what the flag says, else what the profile says, and explains it.
fn decided<T: Clone + ToString>(
    key: &str,
    profile: Option<&Located<T>>,
    flag: Option<&Setting<T>>,
    findings: &mut Findings,
) -> Option<T> {
    let asked = [profile.cloned().map(Setting::from), flag.cloned()];
    let chain: Vec<_> = asked.into_iter().flatten().collect();
    let rows = chain.iter().cloned();
    let rows = rows.map(|setting| setting.map(|value| value.to_string()));
    findings.explanation.note_once(key, rows.collect());
    chain.into_iter().last().map(|setting| setting.value)
}

/// Says how layers are packed.
fn compression(
    profile: &Profile,
    settings: &Settings,
    findings: &mut Findings,
) -> Option<Compression> {
    let (written, flag) = (&profile.export.compression, &settings.compression);
    decided("compression", written.as_ref(), flag.as_ref(), findings)
}

/// Says whether the whole output of failed steps is kept.
fn complete_logs(profile: &Profile, settings: &Settings, findings: &mut Findings) -> bool {
    let (written, flag) = (&profile.logs.complete, &settings.complete_logs);
    decided("complete-logs", written.as_ref(), flag.as_ref(), findings).unwrap_or_default()
}

/// A frontend that makes an SBOM runs steps next to the result, which are not ours to change.
fn without_scans(mut target: PlannedTarget, findings: &mut Findings) -> PlannedTarget {
    let is_scanned = Attestation::effective(&target.attestations)
        .any(|one| one.kind == AttestationKind::Sbom && !one.is_disabled);
    if target.complete_logs && is_scanned {
        findings.warn(format!(
            "The output of `{}` is not kept whole, because an SBOM is made of it",
            target.name
        ));
        target.complete_logs = false;
    }
    target
}

fn is_on(setting: Option<&Setting<bool>>) -> bool {
    setting.is_some_and(|setting| setting.value)
}
