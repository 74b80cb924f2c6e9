//! The shipped profiles with the shipped stages: planned, linted, and checked by a real engine.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;

use dynbuild::git::Checkout;
use dynbuild::plan::lint::{Subject, lint};
use dynbuild::plan::stages::{Composition, Fragments, Joined};
use dynbuild::plan::{Facts, HostUser, PlannedTarget, Setting, Settings, resolve};
use dynbuild::profile::{Patterns, Profile, Source, Store};

use crate::support::engines;

/// Every build that the shipped profiles allow: each target on each device, for all its platforms at
/// once, with and without a checkout's source.
fn planned() -> Vec<PlannedTarget> {
    let profiles = Store::embedded()
        .load_all()
        .expect("the shipped profiles are valid");
    profiles
        .iter()
        .flat_map(|profile| profile.devices.names().map(move |device| (profile, device)))
        .flat_map(|(profile, device)| {
            [Source::Wheel, Source::Tree].map(|source| plan(profile, device, source))
        })
        .flatten()
        .collect()
}

fn plan(profile: &Profile, device: &str, source: Source) -> Vec<PlannedTarget> {
    let table = profile
        .devices
        .get(device)
        .expect("a device of the profile");
    let platforms = table.platforms.iter().flatten();
    let facts = Facts {
        checkout: Checkout::read(std::path::Path::new("/")).expect("no repository is fine"),
        host_platform: "linux/amd64".into(),
        source_date_epoch: None,
        absent_secrets: BTreeSet::new(),
        user: Some(HostUser {
            uid: 1000,
            gid: 1000,
        }),
        home: None,
        fragments: Fragments::embedded(),
    };
    let settings = Settings {
        framework: Some(Setting::flag(
            profile
                .framework
                .as_ref()
                .expect("a framework")
                .value
                .clone(),
            "--framework",
        )),
        source: Some(Setting::flag(source, "--source")),
        targets: profile
            .targets
            .iter()
            .filter(|(_, target)| {
                let device_fits = target
                    .devices
                    .as_ref()
                    .is_none_or(|fits| fits.matches(device));
                let source_fits = |fits: &Patterns| fits.matches(source.as_str());
                device_fits && target.sources.as_ref().is_none_or(source_fits)
            })
            .map(|(name, _)| Setting::flag(name.value.as_str(), "--target"))
            .collect(),
        device: Some(Setting::flag(device, "--device")),
        platforms: platforms
            .into_iter()
            .map(|platform| Setting::flag(platform.value.as_str(), "--platform"))
            .collect(),
        ..Settings::default()
    };
    resolve(profile, &settings, &facts)
        .expect("a plan")
        .plan
        .targets
}

fn compose(target: &PlannedTarget) -> Composition {
    let fragments = Fragments::embedded();
    let names = target.dockerfile.fragments.iter();
    Composition::new(names.map(|name| fragments.get(name).expect("a shipped fragment")))
        .expect("fragments that go together")
}

#[test]
fn every_shipped_build_lints_clean() {
    let contexts = BTreeSet::new();
    let mut told = Vec::new();
    for target in planned() {
        let composition = compose(&target);
        let stage = &target.dockerfile.stage;
        let subject = Subject::new(&composition, &target.build_args, &contexts, stage);
        told.extend(lint(&subject).into_iter().map(|finding| {
            let (line, column) = finding.excerpt.line_column();
            format!(
                "{}: {}:{line}:{column} {}",
                target.name, finding.excerpt.name, finding.message
            )
        }));
    }
    assert!(told.is_empty(), "{told:#?}");
}

#[test]
fn buildkit_has_nothing_to_say_about_the_joined_files() {
    for engine in engines::newest() {
        let mut seen = BTreeSet::new();
        for target in planned() {
            let Joined { text, .. } = compose(&target).join();
            let args = with_local_images(&target.build_args);
            let stage = target.dockerfile.stage.clone();
            // Many builds differ in nothing but their images.
            if !seen.insert((text.clone(), stage, args.clone())) {
                continue;
            }
            let folder = tempfile::tempdir().unwrap();
            let file = folder.path().join("Dockerfile");
            fs_err::File::create(&file)
                .unwrap()
                .write_all(text.as_bytes())
                .unwrap();
            let mut check = engine.buildx();
            check.args([
                "build",
                "--call=check",
                "--target",
                &target.dockerfile.stage,
            ]);
            add_args(&mut check, &args);
            engine.run(check.arg(folder.path()));
        }
    }
}

/// A check asks for the images that stages start from. Not every machine reaches all their
/// registries, and what is checked is the file: an image that is there stands in.
fn with_local_images(args: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    let local = |(name, value): (&String, &String)| {
        let value = match name.as_str() {
            "EPP_IMAGE" => "debian:bookworm-slim",
            _ if name.ends_with("_IMAGE") => "debian",
            _ if name.ends_with("_IMAGE_TAG") => "bookworm-slim",
            _ => value,
        };
        (name.clone(), value.to_owned())
    };
    args.iter().map(local).collect()
}

fn add_args(command: &mut std::process::Command, args: &BTreeMap<String, String>) {
    for (name, value) in args {
        command.arg("--build-arg").arg(format!("{name}={value}"));
    }
}
