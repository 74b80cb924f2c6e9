//! Outputs, caches, attestations and contexts: templates are filled in, and then docker's grammars
//! read what comes out, where it is still known who wrote it.

use std::collections::BTreeMap;

use super::error::PlanError;
use super::findings::Findings;
use super::origin::{Origin, Setting};
use super::settings::Settings;
use super::values::Values;
use crate::docker::Hinted;
use crate::docker::attestation::Attestation;
use crate::docker::cache::{CacheSpec, CacheUse, Masked};
use crate::docker::named_context::{NamedContext, check_name};
use crate::docker::output::{Output, OutputKind};
use crate::profile::{Profile, Template};
use crate::toml_file::Located;

/// Returns the outputs that were asked for.
pub(super) fn outputs(
    settings: &Settings,
    values: &Values<'_>,
    findings: &mut Findings,
) -> Vec<Setting<Output>> {
    let mut outputs = Vec::new();
    for asked in &settings.outputs {
        match expanded(&asked.value, values, findings) {
            Ok(text) => outputs.extend(read(text.parse(), &asked.origin, findings)),
            Err(reason) => findings.error(PlanError::Invalid {
                what: "output",
                value: asked.value.clone(),
                reason,
                origin: asked.origin.clone(),
            }),
        }
    }
    outputs
}

/// Returns the caches that were asked for, else those of the profile.
pub(super) fn caches(
    usage: CacheUse,
    (profile, settings): (&Profile, &Settings),
    values: &Values<'_>,
    findings: &mut Findings,
) -> Vec<Setting<CacheSpec>> {
    let (asked, written) = match usage {
        CacheUse::Read => (&settings.cache_from, &profile.cache.from),
        CacheUse::Write => (&settings.cache_to, &profile.cache.to),
    };
    let mut templates = asked.clone();
    if templates.is_empty() {
        let written = written.iter().flatten().cloned();
        templates.extend(
            written.map(|cache| Setting::from(cache.map(|template| template.as_str().to_owned()))),
        );
    }
    let mut caches = Vec::new();
    for asked in templates {
        let cache = match expanded(&asked.value, values, findings) {
            Ok(text) => CacheSpec::parse(usage, &text)
                .map_err(|error| PlanError::refused(&error, asked.origin.clone())),
            Err(reason) => Err(PlanError::Refused {
                message: format!("Invalid cache `{}`: {reason}", Masked(&asked.value)),
                hint: None,
                origin: asked.origin.clone(),
                is_near_a_secret: false,
            }),
        };
        match cache {
            Ok(cache) => caches.push(Setting::new(cache, asked.origin)),
            Err(error) => findings.error(error.near_a_secret()),
        }
    }
    caches
}

fn expanded(
    template: &str,
    values: &Values<'_>,
    findings: &mut Findings,
) -> Result<String, String> {
    Template::parse(template).map(|template| values.expand(&template, findings))
}

/// Notes a mistake with who made it.
fn read<T>(
    parsed: Result<T, impl Hinted>,
    origin: &Origin,
    findings: &mut Findings,
) -> Option<Setting<T>> {
    match parsed {
        Ok(value) => Some(Setting::new(value, origin.clone())),
        Err(error) => {
            findings.error(PlanError::refused(&error, origin.clone()));
            None
        }
    }
}

/// Returns the statements that were asked for.
pub(super) fn attestations(settings: &Settings, findings: &mut Findings) -> Vec<Attestation> {
    let mut asked = Vec::new();
    for text in &settings.attestations {
        asked.extend(read(text.value.parse(), &text.origin, findings));
    }
    asked.into_iter().map(|setting| setting.value).collect()
}

/// Returns the named contexts of the profile, and over them those that were asked for.
pub(super) fn contexts(
    profile: &Profile,
    settings: &Settings,
    findings: &mut Findings,
) -> BTreeMap<String, NamedContext> {
    let written = profile.contexts.iter().map(|(name, place)| {
        let Located { value, at } = place.clone();
        (&name.value, value, Origin::File(at))
    });
    let asked = settings.contexts.iter().map(|context| {
        let place = context.value.value.clone();
        (&context.value.name, place, context.origin.clone())
    });
    let texts: BTreeMap<_, _> = written
        .chain(asked)
        .map(|(name, place, origin)| (name, (place, origin)))
        .collect();
    let mut contexts = BTreeMap::new();
    for (name, (place, origin)) in texts {
        let place = check_name(name).and_then(|()| place.parse::<NamedContext>());
        let context = read(place, &origin, findings);
        contexts.extend(context.map(|context| (name.clone(), context.value)));
    }
    contexts
}

/// What becomes of the result, and the names that are not an output's own.
pub(super) struct Results {
    pub(super) tags: Vec<Setting<String>>,
    pub(super) outputs: Vec<Setting<Output>>,
}

/// Decides what becomes of the result: loaded unless something else was asked for. Names that are
/// not pushed stay for the other outputs.
pub(super) fn results(
    settings: &Settings,
    mut outputs: Vec<Setting<Output>>,
    tags: Vec<Setting<String>>,
    push: Option<Vec<Setting<String>>>,
) -> Results {
    let is_pushed = push.is_some();
    let load = settings.load.as_ref();
    let load = load.map_or(outputs.is_empty() && !is_pushed, |load| load.value);
    let is_only_pushed = outputs.is_empty() && !load;
    let mut add = |kind, names, asked: Option<&Setting<bool>>| {
        let origin = asked.map_or(Origin::BuiltIn, |asked| asked.origin.clone());
        outputs.push(Setting::new(Output::new(kind, names), origin));
    };
    let asked = settings.push.as_ref();
    let tags = match push {
        Some(push) if is_only_pushed || push.len() == tags.len() => {
            add(OutputKind::Registry, None, asked);
            push
        }
        Some(push) => {
            let names = push.into_iter().map(|name| name.value).collect();
            add(OutputKind::Registry, Some(names), asked);
            tags
        }
        None => tags,
    };
    if load {
        add(OutputKind::Docker, None, settings.load.as_ref());
    }
    if outputs.is_empty() {
        let nothing = Output::new(OutputKind::CacheOnly, None);
        outputs.push(Setting::new(nothing, Origin::BuiltIn));
    }
    Results { tags, outputs }
}
