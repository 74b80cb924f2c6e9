//! What a plan pins.

use std::collections::{BTreeMap, BTreeSet};

use pep508_rs::PackageName;

use super::demand::{Demand, requirements};
use crate::plan::PlannedTarget;

/// A package in one version, with the extras that are wanted of it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Pin {
    pub(super) name: String,
    pub(super) extras: Vec<String>,
    pub(super) version: String,
}

/// Everything that one image pins.
#[derive(Clone, Debug)]
pub(super) struct PinSet {
    /// The plan's target, as messages name it.
    pub(super) image: String,
    /// The Python of the image, for example `3.12`.
    pub(super) python: String,
    /// The packages whose metadata counts.
    pub(super) pins: BTreeSet<Pin>,
    /// What the profile demands itself.
    pub(super) demands: Vec<Demand>,
    /// What is decided by an override, whoever demands otherwise.
    pub(super) overridden: BTreeSet<PackageName>,
    /// The overrides that the profile makes for its engine.
    pub(super) engine_overrides: Vec<Demand>,
}

impl PinSet {
    /// Takes out of a plan of released wheels what it pins.
    pub(super) fn of(target: &PlannedTarget) -> Self {
        let args = &target.build_args;
        let value = |name: &str| args.get(name).map_or("", String::as_str);
        let of_profile = |names: &[&str]| -> Vec<Demand> {
            let demands = names.iter().flat_map(|name| {
                let by = format!("`{name}` of the profile");
                requirements(value(name)).map(move |requirement| Demand::of(requirement, &by))
            });
            demands.collect()
        };
        let mut demands = of_profile(&[
            "PYTHON_REQUIREMENTS",
            "ENGINE_COMPANIONS",
            "SECURITY_FLOORS",
        ]);
        demands.extend(engine(target));
        let engine_overrides = of_profile(&["ENGINE_OVERRIDES"]);
        let overrides = of_profile(&["PYTHON_OVERRIDES"]).into_iter();
        let overrides = overrides.chain(engine_overrides.iter().cloned());
        Self {
            image: format!("{} on {}", target.name, target.device),
            python: value("PYTHON_VERSION").to_owned(),
            pins: pins(&target.framework, args),
            demands,
            overridden: overrides.map(|demand| demand.package).collect(),
            engine_overrides,
        }
    }
}

/// The released packages, in the versions of the profile. The extra of `ai-dynamo` with the engine's
/// name counts where the engine comes as an image, too: it says what Dynamo was made for.
fn pins(framework: &str, args: &BTreeMap<String, String>) -> BTreeSet<Pin> {
    let is_on = |name: &str| args.get(name).is_some_and(|value| value == "true");
    let has_engine = args
        .get("ENGINE_SOURCE")
        .is_some_and(|source| source != "none");
    let extras = has_engine.then(|| framework.to_owned());
    let packages = [
        ("ai-dynamo", "AI_DYNAMO_VERSION", extras, true),
        ("ai-dynamo-runtime", "AI_DYNAMO_RUNTIME_VERSION", None, true),
        ("kvbm", "KVBM_VERSION", None, is_on("ENABLE_KVBM")),
    ];
    let wanted = packages.into_iter().filter(|(.., wanted)| *wanted);
    wanted
        .filter_map(|(name, argument, extras, _)| {
            Some(Pin {
                name: name.to_owned(),
                extras: extras.into_iter().collect(),
                version: args.get(argument)?.clone(),
            })
        })
        .collect()
}

/// The engine's package and the release of it that the runtime image is.
fn engine(target: &PlannedTarget) -> Option<Demand> {
    let args = &target.build_args;
    if args.get("ENGINE_SOURCE")? != "image" {
        return None;
    }
    let package = match target.framework.as_str() {
        "trtllm" => "tensorrt-llm",
        framework => framework,
    };
    let tag = args.get("RUNTIME_IMAGE_TAG")?;
    let version = tag.split('-').next()?.trim_start_matches('v');
    let requirement = requirements(&format!("{package}=={version}")).next()?;
    let by = format!("`RUNTIME_IMAGE_TAG={tag}`");
    Some(Demand::of(requirement, &by))
}
