//! The axes of a build: framework × device × target × platform × source, and what goes together.

use super::error::PlanError;
use super::facts::Facts;
use super::findings::Findings;
use super::origin::{Origin, Setting};
use super::settings::Settings;
use crate::docker::platform::Platform;
use crate::profile::{Device, Patterns, Profile, Source, Target};

/// Where a build stands on every axis but the target.
#[derive(Clone, Debug)]
pub(super) struct Axes<'p> {
    /// The framework's name in the profile.
    pub(super) framework: String,
    /// The framework as the user named it, which is what image names say.
    pub(super) called: String,
    pub(super) device: &'p str,
    pub(super) device_table: &'p Device,
    pub(super) platforms: Vec<Platform>,
    pub(super) source: Setting<Source>,
    /// Whether the plan has this framework on other devices too.
    pub(super) several_devices: bool,
}

/// A target that was asked for.
#[derive(Clone, Debug)]
pub(super) struct Asked<'p> {
    pub(super) name: &'p str,
    pub(super) table: &'p Target,
    pub(super) origin: Origin,
}

/// Finds the place of a build on every axis; `None` if one of them has errors.
pub(super) fn decide<'p>(
    profile: &'p Profile,
    settings: &Settings,
    facts: &Facts,
    findings: &mut Findings,
) -> Option<(Axes<'p>, Vec<Asked<'p>>)> {
    let chooser = Chooser { profile, settings };
    chooser.note_framework(findings);
    // All are tried before the first failure ends the planning, so that all failures are told.
    let device = chooser.device(findings);
    let targets = chooser.targets(findings);
    let source = chooser.source(facts, findings);
    let (device, device_origin) = device?;
    let device_table = profile.devices.get(device)?;
    let platforms = chooser.platforms(device, device_table, facts, findings);
    let source = source?;
    let source_origin = source.origin.clone();
    let axes = Axes {
        framework: profile.name().to_owned(),
        called: chooser.called(),
        device,
        device_table,
        platforms: platforms?,
        source,
        several_devices: false,
    };
    let targets = targets?;
    let errors_before = findings.errors.len();
    for target in &targets {
        axes.check_target(profile, target, (&device_origin, &source_origin), findings);
    }
    (findings.errors.len() == errors_before).then_some((axes, targets))
}

struct Chooser<'p, 's> {
    profile: &'p Profile,
    settings: &'s Settings,
}

impl<'p> Chooser<'p, '_> {
    fn called(&self) -> String {
        let asked = self.settings.frameworks.first();
        asked.map_or_else(
            || self.profile.name().to_owned(),
            |name| name.value.to_lowercase(),
        )
    }

    fn note_framework(&self, findings: &mut Findings) {
        let asked = self.settings.frameworks.first().cloned();
        let setting = asked.unwrap_or_else(|| Setting::new(self.called(), Origin::BuiltIn));
        findings.explanation.note(None, "framework", setting);
    }

    fn unknown(
        &self,
        axis: &'static str,
        asked: &Setting<String>,
        valid: Vec<String>,
    ) -> PlanError {
        PlanError::UnknownValue {
            axis,
            value: asked.value.clone(),
            framework: self.profile.name().to_owned(),
            valid,
            origin: asked.origin.clone(),
        }
    }

    fn device(&self, findings: &mut Findings) -> Option<(&'p str, Origin)> {
        let default = self.profile.default_device.clone().map(Setting::from);
        let names: Vec<_> = self.profile.devices.names().collect();
        let only = match names.as_slice() {
            [only] => Some(Setting::new(*only, Origin::Derived("the only device"))),
            _ => None,
        };
        let asked = self.settings.devices.first().cloned().or(default).or(only);
        let valid = || names.iter().map(|&name| name.to_owned()).collect();
        let Some(asked) = asked else {
            findings.error(PlanError::NoDefault {
                axis: "device",
                framework: self.profile.name().to_owned(),
                valid: valid(),
            });
            return None;
        };
        let found = self.profile.devices.iter().find(|(name, device)| {
            let mut names = device.aliases.iter().flatten().chain([*name]);
            names.any(|name| name.value.eq_ignore_ascii_case(&asked.value))
        });
        let Some((name, _)) = found else {
            findings.error(self.unknown("device", &asked, valid()));
            return None;
        };
        findings
            .explanation
            .note(None, "device", asked.clone().map(|_| name.value.clone()));
        Some((&name.value, asked.origin))
    }

    fn targets(&self, findings: &mut Findings) -> Option<Vec<Asked<'p>>> {
        let default = self.profile.default_target.clone().map(Setting::from);
        let mut asked = self.settings.targets.clone();
        if asked.is_empty() {
            asked.extend(default);
        }
        asked.extend(self.with_efa(&asked));
        let valid = || self.profile.targets.names().map(str::to_owned).collect();
        if asked.is_empty() {
            findings.error(PlanError::NoDefault {
                axis: "target",
                framework: self.profile.name().to_owned(),
                valid: valid(),
            });
            return None;
        }
        let mut targets: Vec<Asked<'p>> = Vec::new();
        let mut complete = true;
        for asked in asked {
            let found = self
                .profile
                .targets
                .iter()
                .find(|(name, _)| name.value == asked.value);
            let Some((name, table)) = found else {
                findings.error(self.unknown("target", &asked, valid()));
                complete = false;
                continue;
            };
            // A target that is asked for twice is still built once.
            if !targets.iter().any(|target| target.name == name.value) {
                findings
                    .explanation
                    .note(Some(&name.value), "target", asked.clone());
                targets.push(Asked {
                    name: &name.value,
                    table,
                    origin: asked.origin,
                });
            }
        }
        complete.then_some(targets)
    }

    /// Returns the targets that put EFA over those asked for: `dev-aws` over `dev`.
    fn with_efa(&self, asked: &[Setting<String>]) -> Vec<Setting<String>> {
        let efa = self.settings.efa.as_ref().filter(|efa| efa.value);
        let over = |target: &Setting<String>| {
            // The shipping image needs no second word.
            let name = match target.value.as_str() {
                "runtime" if self.profile.targets.contains("aws") => "aws".to_owned(),
                target => format!("{target}-aws"),
            };
            Some(efa?.clone().map(|_| name))
        };
        asked.iter().filter_map(over).collect()
    }

    /// What was asked for, else what the profile says, else the sources of Dynamo where the build
    /// context has them.
    fn source(&self, facts: &Facts, findings: &mut Findings) -> Option<Setting<Source>> {
        let default = self.profile.default_source.clone().map(Setting::from);
        let asked = self.settings.source.clone().or(default);
        let asked = asked.unwrap_or_else(|| match facts.tree {
            Some(_) if self.offers(Source::Tree) => Setting::new(Source::Tree, Origin::Context),
            Some(_) | None => Setting::new(Source::Wheel, Origin::BuiltIn),
        });
        if let Some(sources) = &self.profile.sources
            && !sources.iter().any(|source| source.value == asked.value)
        {
            let valid = sources
                .iter()
                .map(|source| source.value.to_string())
                .collect();
            let asked = asked.map(|source| source.to_string());
            findings.error(self.unknown("source", &asked, valid));
            return None;
        }
        findings.explanation.note(
            None,
            "source",
            asked.clone().map(|source| source.to_string()),
        );
        Some(asked)
    }

    fn offers(&self, source: Source) -> bool {
        let sources = self.profile.sources.as_ref();
        sources.is_none_or(|sources| sources.iter().any(|known| known.value == source))
    }

    fn platforms(
        &self,
        device: &str,
        table: &Device,
        facts: &Facts,
        findings: &mut Findings,
    ) -> Option<Vec<Platform>> {
        let valid: Vec<String> = table
            .platforms
            .iter()
            .flatten()
            .map(|platform| platform.value.clone())
            .collect();
        let exists = |platform: &String| valid.is_empty() || valid.contains(platform);
        let mut asked = self.settings.platforms.clone();
        if asked.is_empty() {
            asked.push(default_platform(&valid, facts));
        }
        let mut platforms = Vec::new();
        let errors_before = findings.errors.len();
        for (word, origin) in asked.iter().flat_map(|list| {
            list.value
                .split(',')
                .map(|word| (word.trim(), &list.origin))
        }) {
            match word.parse().map(Platform::normalized) {
                Err(error) => findings.error(PlanError::refused(&error, origin.clone())),
                Ok(platform) if !exists(&platform.to_string()) => {
                    let asked = Setting::new(platform.to_string(), origin.clone());
                    findings.error(self.no_platform(asked, device, valid.clone()));
                }
                Ok(platform) if platforms.contains(&platform) => {}
                Ok(platform) => {
                    let setting = Setting::new(platform.to_string(), origin.clone());
                    findings.explanation.note(None, "platform", setting);
                    platforms.push(platform);
                }
            }
        }
        (findings.errors.len() == errors_before).then_some(platforms)
    }

    /// Says that `device` has only the `valid` platforms: which devices have the one that was asked
    /// for, or else that it is perhaps not what was meant.
    fn no_platform(&self, asked: Setting<String>, device: &str, valid: Vec<String>) -> PlanError {
        let others = self.devices_with(&asked.value);
        if others.is_empty() {
            return self.unknown("platform", &asked, valid);
        }
        PlanError::NotTogether {
            what: format!("Platform `{}`", asked.value),
            axis: "device",
            value: device.to_owned(),
            valid: others,
            origin: asked.origin,
        }
    }

    fn devices_with(&self, platform: &str) -> Vec<String> {
        let has = |device: &Device| {
            let mut platforms = device.platforms.iter().flatten();
            device.platforms.is_none() || platforms.any(|known| known.value == platform)
        };
        let devices = self
            .profile
            .devices
            .iter()
            .filter(|(_, device)| has(device));
        devices.map(|(name, _)| name.value.clone()).collect()
    }
}

/// The machine's own platform, or the device's first one if the device lacks it.
fn default_platform(valid: &[String], facts: &Facts) -> Setting<String> {
    match valid.first() {
        Some(first) if !valid.contains(&facts.host_platform.to_string()) => {
            Setting::new(first.clone(), Origin::Derived("the device"))
        }
        _ => Setting::new(facts.host_platform.to_string(), Origin::Host),
    }
}

impl Axes<'_> {
    /// Returns the name of a target in the plan.
    pub(super) fn name_of(&self, target: &str) -> String {
        if self.several_devices {
            format!("{}-{}-{target}", self.called, self.device)
        } else {
            format!("{}-{target}", self.called)
        }
    }

    /// Checks that a target exists at this place.
    fn check_target(
        &self,
        profile: &Profile,
        target: &Asked<'_>,
        (device_origin, source_origin): (&Origin, &Origin),
        findings: &mut Findings,
    ) {
        let what = || format!("Target `{}`", target.name);
        let mut check =
            |patterns: &Option<Patterns>, axis, value: &str, names: Vec<&str>, origin| {
                let Some(patterns) = patterns
                    .as_ref()
                    .filter(|patterns| !patterns.matches(value))
                else {
                    return;
                };
                let valid = names.into_iter().filter(|name| patterns.matches(name));
                findings.error(PlanError::NotTogether {
                    what: what(),
                    axis,
                    value: value.to_owned(),
                    valid: valid.map(str::to_owned).collect(),
                    origin,
                });
            };
        let table = target.table;
        let origin = |other: &Origin| match target.origin {
            Origin::Flag(_) | Origin::Environment(_) => target.origin.clone(),
            _ => other.clone(),
        };
        check(
            &table.frameworks,
            "framework",
            &self.framework,
            Vec::new(),
            target.origin.clone(),
        );
        check(
            &table.devices,
            "device",
            self.device,
            profile.devices.names().collect(),
            origin(device_origin),
        );
        check(
            &table.sources,
            "source",
            self.source.value.as_str(),
            Source::words().to_vec(),
            origin(source_origin),
        );
        let platforms = self.device_table.platforms.iter().flatten();
        let platforms: Vec<_> = platforms.map(|platform| platform.value.as_str()).collect();
        for platform in &self.platforms {
            check(
                &table.platforms,
                "platform",
                &platform.to_string(),
                platforms.clone(),
                target.origin.clone(),
            );
        }
    }
}
