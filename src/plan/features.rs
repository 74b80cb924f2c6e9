//! Features: switches that reach stages as build arguments.

use std::borrow::Cow;

use super::axes::{Asked, Axes};
use super::build_args::upper_snake;
use super::chains::Chains;
use super::error::PlanError;
use super::family::Family;
use super::findings::Findings;
use super::origin::{Origin, Setting};
use super::settings::Settings;
use crate::profile::{Feature, Patterns, Profile, Source};
use crate::toml_file::Located;

/// Reports switches of features that no profile has.
pub(super) fn check_names(families: &[Family<'_>], findings: &mut Findings) {
    let profiles = families.iter().map(|family| family.profile);
    for Family {
        profile, settings, ..
    } in families
    {
        for switch in &settings.features {
            let name = &switch.value.name;
            if profiles.clone().any(|known| known.features.contains(name)) {
                continue;
            }
            findings.error(PlanError::UnknownValue {
                axis: "feature",
                value: name.clone(),
                framework: profile.name().to_owned(),
                valid: profile.features.names().map(str::to_owned).collect(),
                origin: switch.origin.clone(),
            });
        }
    }
}

/// Returns the build arguments of all features for one target.
pub(super) fn chains(
    profile: &Profile,
    settings: &Settings,
    axes: &Axes<'_>,
    target: &Asked<'_>,
    findings: &mut Findings,
) -> Chains {
    let mut chains = Chains::default();
    for (name, feature) in profile.features.iter() {
        let arg = arg(&name.value, feature);
        let default = match &feature.default {
            Some(default) => Setting::from(default.clone()),
            None => Setting::new(false, Origin::BuiltIn),
        };
        let switches = settings
            .features
            .iter()
            .filter(|switch| switch.value.name == name.value);
        let asked = switches.map(|switch| switch.clone().map(|named| named.value));
        let restriction = ruled_out(feature, axes, target);
        for state in [default].into_iter().chain(asked) {
            match &restriction {
                Some(ruling) if state.value => {
                    chains.set(&arg, "false", Origin::Derived(ruling.name));
                    if matches!(state.origin, Origin::Flag(_) | Origin::Environment(_)) {
                        findings.error(PlanError::NotTogether {
                            what: format!("Feature `{}`", name.value),
                            axis: ruling.name,
                            value: ruling.value.clone().into_owned(),
                            valid: ruling.valid(profile),
                            origin: state.origin,
                        });
                    }
                }
                _ => chains.set(&arg, state.value.to_string(), state.origin),
            }
        }
    }
    chains
}

/// Returns the build argument that carries a feature.
pub(super) fn arg(name: &str, feature: &Feature) -> String {
    let default = || format!("ENABLE_{}", upper_snake(name));
    let written = feature.arg.as_ref();
    written.map_or_else(default, |arg| arg.value.clone())
}

/// An axis on which a feature is restricted, and where the build stands on it.
struct Restriction<'a> {
    name: &'static str,
    patterns: &'a Patterns,
    value: Cow<'a, str>,
}

impl Restriction<'_> {
    /// Returns the values of the axis on which the feature exists.
    fn valid(&self, profile: &Profile) -> Vec<String> {
        let names: Vec<&str> = match self.name {
            "device" => profile.devices.names().collect(),
            "target" => profile.targets.names().collect(),
            "source" => Source::words().to_vec(),
            _ => self.patterns.0.iter().map(Located::as_str).collect(),
        };
        let valid = names.into_iter().filter(|name| self.patterns.matches(name));
        valid.map(str::to_owned).collect()
    }
}

/// Returns the axis that rules a feature out.
fn ruled_out<'a>(
    feature: &'a Feature,
    axes: &'a Axes<'_>,
    target: &'a Asked<'_>,
) -> Option<Restriction<'a>> {
    let platforms = axes.platforms.iter();
    let platforms =
        platforms.map(|platform| ("platform", &feature.platforms, platform.to_string().into()));
    let places = [
        (
            "framework",
            &feature.frameworks,
            axes.framework.as_str().into(),
        ),
        ("device", &feature.devices, axes.device.into()),
        ("target", &feature.targets, target.name.into()),
        (
            "source",
            &feature.sources,
            axes.source.value.as_str().into(),
        ),
    ];
    let mut restrictions =
        places
            .into_iter()
            .chain(platforms)
            .filter_map(|(name, patterns, value)| {
                let patterns = patterns.as_ref()?;
                Some(Restriction {
                    name,
                    patterns,
                    value,
                })
            });
    restrictions.find(|restriction| !restriction.patterns.matches(&restriction.value))
}
