//! Every build that the shipped profiles allow, planned for one commit that never changes.

use std::collections::BTreeSet;
use std::path::PathBuf;

use dynbuild::internals::git::{Checkout, SourceRevision, Version, VersionOrigin};
use dynbuild::internals::plan::Fragments;
use dynbuild::internals::plan::{BuildPlan, Facts, HostUser, Setting, Settings, resolve};
use dynbuild::internals::profile::{Profile, Source, Store};

/// All targets of one framework on one device from one source, for all platforms of the device.
pub(crate) struct Shipped {
    pub(crate) device: String,
    pub(crate) source: Source,
    pub(crate) plan: BuildPlan,
}

/// The frameworks that have a profile.
pub(crate) fn frameworks() -> Vec<String> {
    let profiles = profiles();
    profiles.iter().map(framework).collect()
}

/// Plans every combination of the shipped profiles.
pub(crate) fn builds() -> Vec<Shipped> {
    frameworks()
        .iter()
        .flat_map(|framework| builds_of(framework))
        .collect()
}

/// Plans every combination of one framework, its default device from wheels first.
pub(crate) fn builds_of(framework: &str) -> Vec<Shipped> {
    let profile = profile(framework);
    let default = default_image(framework).targets[0].device.clone();
    let others = profile.devices.names().filter(|name| *name != default);
    std::iter::once(default.as_str())
        .chain(others)
        .flat_map(|device| {
            [Source::Wheel, Source::Tree].map(|source| build(&profile, device, source))
        })
        .collect()
}

/// The plan that `--framework` alone makes.
pub(crate) fn default_image(framework: &str) -> BuildPlan {
    let settings = Settings {
        frameworks: vec![Setting::flag(framework, "--framework")],
        source: Some(Setting::flag(Source::Wheel, "--source")),
        ..Settings::default()
    };
    let resolution = resolve(&profile(framework), &settings, &facts());
    resolution.expect("a plan").plan
}

fn profiles() -> Vec<Profile> {
    Store::embedded()
        .load_all()
        .expect("the shipped profiles are valid")
}

fn profile(name: &str) -> Profile {
    let mut profiles = profiles();
    profiles.retain(|profile| framework(profile) == name);
    profiles.pop().expect("a shipped profile")
}

fn framework(profile: &Profile) -> String {
    let framework = profile.framework.as_ref().expect("a framework");
    framework.value.clone()
}

fn build(profile: &Profile, device: &str, source: Source) -> Shipped {
    let settings = settings(profile, &framework(profile), device, source);
    let resolution = resolve(profile, &settings, &facts());
    Shipped {
        device: device.to_owned(),
        source,
        plan: resolution.expect("a plan").plan,
    }
}

fn settings(profile: &Profile, framework: &str, device: &str, source: Source) -> Settings {
    let table = profile.devices.get(device).expect("the profile's device");
    let platforms = table.platforms.iter().flatten();
    let targets = profile.targets.iter().filter(|(_, target)| {
        let devices = target.devices.as_ref();
        let sources = target.sources.as_ref();
        devices.is_none_or(|fits| fits.matches(device))
            && sources.is_none_or(|fits| fits.matches(source.as_str()))
    });
    Settings {
        frameworks: vec![Setting::flag(framework, "--framework")],
        source: Some(Setting::flag(source, "--source")),
        targets: targets
            .map(|(name, _)| Setting::flag(name.value.as_str(), "--target"))
            .collect(),
        devices: vec![Setting::flag(device, "--device")],
        platforms: platforms
            .map(|platform| Setting::flag(platform.value.as_str(), "--platform"))
            .collect(),
        ..Settings::default()
    }
}

fn facts() -> Facts {
    Facts {
        checkout: Checkout::At(SourceRevision {
            root: PathBuf::from("/src"),
            commit: "0123456789abcdef0123456789abcdef01234567".into(),
            short_commit: "0123456".into(),
            committed_at: "2026-01-02T03:04:05Z".parse().expect("a time"),
            dirty: false,
            branch: Some("main".into()),
            version: Version {
                number: "1.2.3".into(),
                origin: VersionOrigin::HighestTag("v1.2.3".into()),
            },
            remote: None,
            shallow: false,
        }),
        tree: None,
        host_platform: "linux/amd64".parse().expect("a platform"),
        source_date_epoch: None,
        absent_secrets: BTreeSet::new(),
        user: Some(HostUser {
            uid: 1000,
            gid: 1000,
        }),
        home: None,
        fragments: Fragments::embedded(),
    }
}
