//! The check.

use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr as _;

use pep508_rs::{ExtraName, MarkerEnvironment, MarkerEnvironmentBuilder, Requirement, VerbatimUrl};

use super::demand::{Demand, contradictions, stale};
use super::pip::{Metadata, Pip};
use super::set::{Pin, PinSet};
use crate::cli::edge::Edge;
use crate::plan::PlannedTarget;
use crate::problem::{Problem, Problems};
use crate::tree::RequiresPython;

/// Compares what images pin with what their packages demand.
///
/// # Errors
/// Returns every contradiction once, and what could not be asked.
pub(in crate::cli::dynbuild) fn check(
    targets: &[PlannedTarget],
    edge: &Edge,
) -> Result<(), Problems> {
    let sets: Vec<_> = targets.iter().map(PinSet::of).collect();
    let mut index = Index {
        pip: Pip::find(&edge.environment)?,
        known: BTreeMap::new(),
    };
    let mut problems = Vec::new();
    for set in &sets {
        for problem in index.check(set) {
            add(&mut problems, problem);
        }
    }
    Problems(problems).or(())
}

/// Adds a problem; what is wrong for several images is one, with the images as causes.
fn add(problems: &mut Vec<Problem>, problem: Problem) {
    let known = problems
        .iter_mut()
        .find(|known| known.message == problem.message);
    match known {
        Some(known) => {
            let new = problem.causes.into_iter();
            let new: Vec<_> = new.filter(|cause| !known.causes.contains(cause)).collect();
            known.causes.extend(new);
        }
        None => problems.push(problem),
    }
}

/// Answers of the index, each asked for once.
struct Index {
    pip: Pip,
    known: BTreeMap<(String, String, String), Result<Metadata, Problem>>,
}

impl Index {
    fn metadata(&mut self, pin: &Pin, python: &str) -> Result<Metadata, Problem> {
        let key = (pin.name.clone(), pin.version.clone(), python.to_owned());
        let pip = &self.pip;
        let known = self.known.entry(key);
        known.or_insert_with(|| pip.metadata(pin, python)).clone()
    }

    fn check(&mut self, set: &PinSet) -> Vec<Problem> {
        let mut demands = set.demands.clone();
        let mut problems = Vec::new();
        for pin in &set.pins {
            match self.metadata(pin, &set.python) {
                Ok(metadata) => {
                    problems.extend(refused_python(pin, &metadata, set));
                    problems.extend(missing_extra(pin, &metadata));
                    demands.extend(demanded(pin, &metadata, &set.python));
                }
                Err(problem) => problems.push(problem),
            }
        }
        problems.extend(stale(&set.engine_overrides, &demands).map(|found| {
            let message = format!(
                "An override of the profile is not what Dynamo names: {}, {}",
                found.one, found.other
            );
            let mut problem = Problem::usage(message);
            problem.causes.push(format!("Pinned for `{}`", set.image));
            problem.hint("Take the version that Dynamo names into `ENGINE_OVERRIDES`, and its tag into `[components]`")
        }));
        demands.extend(set.pins.iter().filter_map(pinned));
        let found = contradictions(&demands, &set.overridden);
        problems.extend(found.into_iter().map(|found| {
            let message = format!(
                "Nothing satisfies all that is pinned of `{}`: {}, {}",
                found.one.package, found.one, found.other
            );
            let mut problem = Problem::usage(message);
            problem.causes.push(format!("Pinned for `{}`", set.image));
            problem.hint(format!(
                "Bring the versions together, or decide with `PYTHON_OVERRIDES = \"{}==VERSION\"` \
                 in `[args]`",
                found.one.package
            ))
        }));
        problems
    }
}

fn pinned(pin: &Pin) -> Option<Demand> {
    let text = format!("{}=={}", pin.name, pin.version);
    let requirement = Requirement::from_str(&text).ok()?;
    Some(Demand::of(requirement, "the profile"))
}

/// Returns what a package demands where the image is, with its extras.
fn demanded(pin: &Pin, metadata: &Metadata, python: &str) -> Vec<Demand> {
    let Some(environment) = environment(python) else {
        return Vec::new();
    };
    let extras: Vec<_> = pin
        .extras
        .iter()
        .filter_map(|extra| ExtraName::from_str(extra).ok())
        .collect();
    let shown = match pin.extras.as_slice() {
        [] => String::new(),
        extras => format!("[{}]", extras.join(",")),
    };
    let by = format!("{}{shown} {}", pin.name, pin.version);
    let requirements = metadata.requires_dist.iter();
    let requirements =
        requirements.filter_map(|text| Requirement::<VerbatimUrl>::from_str(text).ok());
    requirements
        .filter(|requirement| requirement.evaluate_markers(&environment, &extras))
        .map(|requirement| {
            let plainly = requirement.evaluate_markers(&environment, &[]);
            Demand::of(requirement, &by).of_an_extra(!plainly)
        })
        .collect()
}

fn refused_python(pin: &Pin, metadata: &Metadata, set: &PinSet) -> Option<Problem> {
    let requires = RequiresPython::new(metadata.requires_python.clone()?);
    if requires.accepts(&set.python) != Some(false) {
        return None;
    }
    let message = format!(
        "{} {} requires Python `{requires}`, and `{}` has Python `{}`",
        pin.name, pin.version, set.image, set.python
    );
    Some(Problem::usage(message).hint("Change `PYTHON_VERSION` of the device"))
}

fn missing_extra(pin: &Pin, metadata: &Metadata) -> Option<Problem> {
    let known: BTreeSet<_> = metadata.provides_extra.iter().collect();
    let missing = pin.extras.iter().find(|extra| !known.contains(extra))?;
    let message = format!("{} {} has no extra `{missing}`", pin.name, pin.version);
    let known: Vec<_> = known.into_iter().map(String::as_str).collect();
    Some(Problem::usage(message).hint(format!("Its extras: {}", known.join(", "))))
}

/// The machine that images are for.
fn environment(python: &str) -> Option<MarkerEnvironment> {
    let full = format!("{python}.0");
    let builder = MarkerEnvironmentBuilder {
        implementation_name: "cpython",
        implementation_version: &full,
        os_name: "posix",
        platform_machine: "x86_64",
        platform_python_implementation: "CPython",
        platform_release: "",
        platform_system: "Linux",
        platform_version: "",
        python_full_version: &full,
        python_version: python,
        sys_platform: "linux",
    };
    MarkerEnvironment::try_from(builder).ok()
}
