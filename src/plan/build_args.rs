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
use crate::profile::{
    ArgValue, Component, Patterns, PerPlatform, Profile, Source, When, split_image,
};
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
        let platform = platform.to_string();
        let (arch, alternative) = architecture(&platform);
        for (name, value, origin) in [
            ("FRAMEWORK", axes.framework.as_str(), "the framework"),
            ("DEVICE", axes.device, "the device"),
            ("TARGET", target.name, "the target"),
            ("DYNAMO_SOURCE", axes.source.value.as_str(), "the source"),
            ("ARCH", arch, "the platform"),
            ("ARCH_ALT", alternative, "the platform"),
        ] {
            chains.set(name, value, Origin::Derived(origin));
        }
        if let Some(contents) = self.contents {
            let version = contents.version.clone();
            chains.set("DYNAMO_VERSION", version.value, version.origin);
            if let Some(revision) = contents.revision {
                chains.set("DYNAMO_COMMIT_SHA", &revision.commit, Origin::Git);
            }
        }
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
        Patterns::pick(framework.as_ref(), &self.axes.framework)
            && Patterns::pick(device.as_ref(), self.axes.device)
            && Patterns::pick(targets.as_ref(), target.name)
            && Patterns::pick(platforms.as_ref(), &platform.to_string())
            && Patterns::pick(source.as_ref(), self.axes.source.value.as_str())
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

/// Sets `ARG` to its value on the platform, and `ARG_AMD64` and so on to that of each architecture.
fn set_component(chains: &mut Chains, name: &str, component: &Component, platform: &Platform) {
    for (arg, value) in component_values(name, component) {
        match value {
            PerPlatform::Same(value) => chains.set_located(&arg, &value),
            PerPlatform::Each(values) => {
                for (name, value) in values.iter() {
                    chains.set_located(&of_architecture(&arg, &name.value), value);
                    if name.value == platform.to_string() {
                        chains.set_located(&arg, value);
                    }
                }
            }
        }
    }
}

/// Returns the arguments that each key of a component sets, the key's own first.
pub(super) fn component_args(name: &str, component: &Component) -> Vec<(Vec<String>, Location)> {
    let mut args = Vec::new();
    for (arg, value) in component_values(name, component) {
        match value {
            PerPlatform::Same(value) => args.push((vec![arg], value.at)),
            PerPlatform::Each(values) => {
                let mut names = vec![arg.clone()];
                names.extend(values.names().map(|name| of_architecture(&arg, name)));
                let first = values.iter().next();
                args.extend(first.map(|(platform, _)| (names, platform.at.clone())));
            }
        }
    }
    args
}

/// Returns the argument of each key of a component, and what is written there.
fn component_values(name: &str, component: &Component) -> Vec<(String, PerPlatform)> {
    let prefix = component_prefix(name, component);
    let Component {
        arg: _,
        version,
        source,
        url,
        reference,
        sha256,
    } = component.clone();
    let version = version.map(|version| version.map(|ArgValue(text)| text));
    let source = source.map(|source| source.map(|source| source.to_string()));
    let values = [
        ("VERSION", version.map(PerPlatform::Same)),
        ("SOURCE", source.map(PerPlatform::Same)),
        ("REF", reference.map(PerPlatform::Same)),
        ("URL", url),
        ("SHA256", sha256),
    ];
    let values = values.into_iter();
    let named = values.filter_map(|(key, value)| Some((format!("{prefix}_{key}"), value?)));
    named.collect()
}

/// Returns what the arguments of a component begin with.
pub(super) fn component_prefix(name: &str, component: &Component) -> String {
    let written = component.arg.as_ref();
    written.map_or_else(|| upper_snake(name), |arg| arg.value.clone())
}

fn of_architecture(arg: &str, platform: &str) -> String {
    let (arch, _) = architecture(platform);
    format!("{arg}_{}", arch.to_uppercase())
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
