//! The build arguments of a target, each with the chain of those who set it.
//!
//! From far to near: what the place of the build implies, components, features, the device's
//! images, `[args]`, the device's own, the matching `[[when]]` blocks in order, options, and at
//! last `--build-arg`, which always wins. Only arguments that a stage of the target declares are
//! passed.

use super::axes::{Asked, Axes};
use super::chains::Chains;
use super::contents::Contents;
use super::demands;
use super::epoch;
use super::error::PlanError;
use super::facts::Facts;
use super::findings::Findings;
use super::origin::{Origin, Setting};
use super::settings::Settings;
use crate::docker::platform::Platform;
use crate::profile::{Component, Patterns, PerPlatform, Profile, Source, When, split_image};
use crate::toml_file::Location;

/// Everything that build arguments are made of.
pub(super) struct Ingredients<'a> {
    pub(super) profile: &'a Profile,
    pub(super) settings: &'a Settings,
    pub(super) facts: &'a Facts,
    pub(super) axes: &'a Axes<'a>,
    /// What the image has; not known yet while that is found out.
    pub(super) contents: Option<&'a Contents<'a>>,
}

impl Ingredients<'_> {
    /// Returns the arguments of a target whose stages declare `declared`.
    pub(super) fn chains(
        &self,
        target: &Asked<'_>,
        features: &Chains,
        declared: impl Fn(&str) -> bool,
        findings: &mut Findings,
    ) -> Chains {
        let mut by_platform = self.axes.platforms.iter().map(|platform| {
            let mut chains = self.written(target, platform, features);
            chains.retain(&declared);
            (platform, chains)
        });
        let Some((first_platform, mut chains)) = by_platform.next() else {
            return Chains::default();
        };
        for (platform, other) in by_platform {
            check_same((first_platform, &chains), (platform, &other), findings);
        }
        if self.axes.source.value == Source::Tree
            && let Some(tree) = &self.facts.tree
        {
            demands::take_toolchain(tree, &mut chains);
        }
        chains.extend(self.asked(declared));
        chains
    }

    /// Returns who has the last word on an argument of a target.
    pub(super) fn winner(&self, target: &Asked<'_>, name: &str) -> Option<Setting<String>> {
        let is_it = |other: &str| other == name;
        let mut ignored = Findings::default();
        let mut chains = self.chains(target, &Chains::default(), is_it, &mut ignored);
        chains.take(name)
    }

    /// What the profile says for one platform.
    fn written(&self, target: &Asked<'_>, platform: &Platform, features: &Chains) -> Chains {
        let mut chains = self.implied(target, platform);
        for (name, component) in self.profile.components.iter() {
            set_component(&mut chains, &name.value, component, platform);
        }
        chains.extend(features.clone());
        self.set_images(&mut chains);
        chains.set_args(&self.profile.args);
        chains.set_args(&self.axes.device_table.args);
        for when in &self.profile.when {
            if self.applies(when, target, platform) {
                chains.set_args(&when.args);
            }
        }
        chains
    }

    /// What follows from the place of the build.
    fn implied(&self, target: &Asked<'_>, platform: &Platform) -> Chains {
        let mut chains = Chains::default();
        let axes = self.axes;
        chains.set(
            "FRAMEWORK",
            &axes.framework,
            Origin::Derived("the framework"),
        );
        chains.set("DEVICE", axes.device, Origin::Derived("the device"));
        chains.set("TARGET", target.name, Origin::Derived("the target"));
        chains.set(
            "DYNAMO_SOURCE",
            axes.source.value.as_str(),
            Origin::Derived("the source"),
        );
        if let Some(contents) = self.contents {
            let version = contents.version.clone();
            chains.set("DYNAMO_VERSION", version.value, version.origin);
            if let Some(revision) = contents.revision {
                chains.set("DYNAMO_COMMIT_SHA", &revision.commit, Origin::Git);
            }
        }
        let platform = platform.to_string();
        let (arch, alternative) = architecture(&platform);
        chains.set("ARCH", arch, Origin::Derived("the platform"));
        chains.set("ARCH_ALT", alternative, Origin::Derived("the platform"));
        if let Some(user) = self.facts.user {
            chains.set("USER_UID", user.uid.to_string(), Origin::Host);
            chains.set("USER_GID", user.gid.to_string(), Origin::Host);
        }
        chains
    }

    fn set_images(&self, chains: &mut Chains) {
        let device = self.axes.device_table;
        let images = [
            ("BASE_IMAGE", &device.base_image),
            ("RUNTIME_IMAGE", &device.runtime_image),
        ];
        for (arg, image) in images {
            if let Some(image) = image
                && let Some((name, tag)) = split_image(&image.value)
            {
                let origin = Origin::File(image.at.clone());
                chains.set(arg, name, origin.clone());
                chains.set(format!("{arg}_TAG"), tag, origin);
            }
        }
    }

    fn applies(&self, when: &When, target: &Asked<'_>, platform: &Platform) -> bool {
        let When {
            framework,
            device,
            target: targets,
            platform: platforms,
            source,
            args: _,
        } = when;
        let holds = |patterns: &Option<Patterns>, value: &str| {
            patterns
                .as_ref()
                .is_none_or(|patterns| patterns.matches(value))
        };
        holds(framework, &self.axes.framework)
            && holds(device, self.axes.device)
            && holds(targets, target.name)
            && holds(platforms, &platform.to_string())
            && holds(source, self.axes.source.value.as_str())
    }

    /// What the user asked for: options first, because `--build-arg` wins over them.
    fn asked(&self, declared: impl Fn(&str) -> bool) -> Chains {
        let mut chains = Chains::default();
        if let Some(time) = self.facts.source_date_epoch {
            let origin = Origin::Environment(epoch::NAME.into());
            chains.set(epoch::NAME, time.as_second().to_string(), origin);
        }
        for option in &self.settings.options {
            let name = &option.value.name;
            if declared(name) {
                chains.set(name, &option.value.value, option.origin.clone());
            }
        }
        for arg in &self.settings.build_args {
            let name = &arg.value.name;
            if declared(name) || is_predefined(name) || self.settings.allow_unknown_build_arg {
                chains.set(name, &arg.value.value, arg.origin.clone());
            }
        }
        chains
    }
}

fn check_same(
    (first_platform, first): (&Platform, &Chains),
    (platform, other): (&Platform, &Chains),
    findings: &mut Findings,
) {
    let only_here = other
        .winners()
        .filter(|(name, _)| first.last(name).is_none());
    for (name, setting) in first.winners().chain(only_here) {
        let value = |chains: &Chains| {
            chains
                .last(name)
                .map_or_else(String::new, |last| last.value.clone())
        };
        let (left, right) = (value(first), value(other));
        if left != right {
            findings.error(PlanError::DiffersByPlatform {
                name: name.to_owned(),
                values: vec![
                    (first_platform.to_string(), left),
                    (platform.to_string(), right),
                ],
                origin: setting.origin.clone(),
            });
        }
    }
}

fn set_component(chains: &mut Chains, name: &str, component: &Component, platform: &Platform) {
    let Component {
        arg,
        version,
        source,
        url,
        reference,
        sha256,
    } = component;
    let prefix = arg
        .as_ref()
        .map_or_else(|| upper_snake(name), |arg| arg.value.clone());
    if let Some(version) = version {
        let origin = Origin::File(version.at.clone());
        chains.set(format!("{prefix}_VERSION"), version.value.0.clone(), origin);
    }
    if let Some(source) = source {
        let origin = Origin::File(source.at.clone());
        chains.set(format!("{prefix}_SOURCE"), source.value.as_str(), origin);
    }
    if let Some(reference) = reference {
        chains.set_located(&format!("{prefix}_REF"), reference);
    }
    set_per_platform(chains, &format!("{prefix}_URL"), url.as_ref(), platform);
    set_per_platform(
        chains,
        &format!("{prefix}_SHA256"),
        sha256.as_ref(),
        platform,
    );
}

/// Returns the arguments that each key of a component sets, the key's own first.
pub(super) fn component_args<'c>(
    name: &str,
    component: &'c Component,
) -> Vec<(Vec<String>, &'c Location)> {
    let Component {
        arg,
        version,
        source,
        url,
        reference,
        sha256,
    } = component;
    let prefix = arg
        .as_ref()
        .map_or_else(|| upper_snake(name), |arg| arg.value.clone());
    let one = |key: &str, at| (vec![format!("{prefix}_{key}")], at);
    let mut args = Vec::new();
    args.extend(version.iter().map(|version| one("VERSION", &version.at)));
    args.extend(source.iter().map(|source| one("SOURCE", &source.at)));
    args.extend(reference.iter().map(|reference| one("REF", &reference.at)));
    for (key, value) in [("URL", url), ("SHA256", sha256)] {
        let arg = format!("{prefix}_{key}");
        match value {
            None => {}
            Some(PerPlatform::Same(value)) => args.push((vec![arg], &value.at)),
            Some(PerPlatform::Each(values)) => {
                let mut names = vec![arg.clone()];
                names.extend(values.names().map(|platform| {
                    let (arch, _) = architecture(platform);
                    format!("{arg}_{}", arch.to_uppercase())
                }));
                let first = values.iter().next();
                args.extend(first.map(|(platform, _)| (names, &platform.at)));
            }
        }
    }
    args
}

/// Sets `ARG` to the platform's value, and `ARG_AMD64` and so on to that of each architecture.
fn set_per_platform(
    chains: &mut Chains,
    arg: &str,
    value: Option<&PerPlatform>,
    platform: &Platform,
) {
    match value {
        None => {}
        Some(PerPlatform::Same(value)) => chains.set_located(arg, value),
        Some(PerPlatform::Each(values)) => {
            for (name, value) in values.iter() {
                let (arch, _) = architecture(&name.value);
                chains.set_located(&format!("{arg}_{}", arch.to_uppercase()), value);
                if name.value == platform.to_string() {
                    chains.set_located(arg, value);
                }
            }
        }
    }
}

/// Returns the name of an argument for something that the profile calls `name`.
pub(super) fn upper_snake(name: &str) -> String {
    name.to_uppercase().replace(['-', '.'], "_")
}

/// Returns a platform's architecture as docker and as the kernel spell it.
fn architecture(platform: &str) -> (&str, &str) {
    let arch = platform.split('/').nth(1).unwrap_or(platform);
    let alternative = match arch {
        "amd64" => "x86_64",
        "arm64" => "aarch64",
        other => other,
    };
    (arch, alternative)
}

/// Returns whether BuildKit takes the argument without any stage declaring it.
pub(super) fn is_predefined(name: &str) -> bool {
    const PROXIES: [&str; 5] = [
        "HTTP_PROXY",
        "HTTPS_PROXY",
        "FTP_PROXY",
        "NO_PROXY",
        "ALL_PROXY",
    ];
    PROXIES.iter().any(|proxy| name.eq_ignore_ascii_case(proxy))
        || name.starts_with("BUILDKIT_")
        || name == epoch::NAME
}
