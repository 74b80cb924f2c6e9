//! Every build that the shipped profiles allow, planned for one commit that never changes.

use std::collections::BTreeSet;
use std::path::PathBuf;

use dynbuild::git::{Checkout, SourceRevision, Version, VersionOrigin};
use dynbuild::plan::stages::Fragments;
use dynbuild::plan::{BuildPlan, Facts, HostUser, Setting, Settings, resolve};
use dynbuild::profile::{Profile, Source, Store};

/// All targets of one framework on one device from one source, for all platforms of the device.
pub(crate) struct Shipped {
    /// Framework, device and source, with hyphens between them.
    pub(crate) name: String,
    pub(crate) plan: BuildPlan,
}

/// Plans every combination of the shipped profiles.
pub(crate) fn builds() -> Vec<Shipped> {
    let profiles = Store::embedded()
        .load_all()
        .expect("the shipped profiles are valid");
    profiles
        .iter()
        .flat_map(|profile| profile.devices.names().map(move |device| (profile, device)))
        .flat_map(|(profile, device)| {
            [Source::Wheel, Source::Tree].map(|source| build(profile, device, source))
        })
        .collect()
}

fn build(profile: &Profile, device: &str, source: Source) -> Shipped {
    let framework = profile.framework.as_ref().expect("a framework");
    let settings = settings(profile, &framework.value, device, source);
    Shipped {
        name: format!("{}-{device}-{source}", framework.value),
        plan: resolve(profile, &settings, &facts()).expect("a plan").plan,
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
        framework: Some(Setting::flag(framework, "--framework")),
        source: Some(Setting::flag(source, "--source")),
        targets: targets
            .map(|(name, _)| Setting::flag(name.value.as_str(), "--target"))
            .collect(),
        device: Some(Setting::flag(device, "--device")),
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
        host_platform: "linux/amd64".into(),
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
