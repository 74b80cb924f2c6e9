//! What a profile sets and no stage of any of its targets declares.
//!
//! Only declared arguments are passed to BuildKit. A typo in `[args]`, or a feature that no stage
//! compiles in, would do nothing and say nothing: this is where it is found.

use std::collections::BTreeSet;
use std::fmt;

use super::build_args::{component_args, is_predefined};
use super::features;
use super::stages::{Composition, Fragments};
use crate::profile::{Profile, Target};
use crate::suggest::closest;
use crate::toml_file::{Located, Location};

/// Something of a profile that reaches no stage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Undeclared {
    /// The build argument.
    pub arg: String,
    /// What sets it.
    pub setter: Setter,
    /// Where the profile sets it.
    pub at: Location,
    /// A declared argument that was perhaps meant.
    pub similar: Option<String>,
}

/// What of a profile sets an argument.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Setter {
    /// An entry of `[args]`, also one of a device or a block.
    Entry,
    /// A feature, by its name.
    Feature(String),
    /// A component, by its name.
    Component(String),
}

/// An argument that a profile sets.
struct Set {
    /// Its names: of a component those of all its keys.
    names: Vec<String>,
    setter: Setter,
    at: Location,
}

impl fmt::Display for Undeclared {
    /// Writes a sentence without a period.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.setter {
            Setter::Entry => write!(f, "The build argument `{}` has no effect", self.arg)?,
            Setter::Feature(name) => write!(f, "The feature `{name}` has no effect")?,
            Setter::Component(name) => write!(f, "The component `{name}` has no effect")?,
        }
        write!(f, ": no stage of any target declares `{}`", self.arg)
    }
}

impl Undeclared {
    /// Returns whether the profile's own file says it, not one that the profile inherits.
    pub(super) fn is_own(&self, profile: &Profile) -> bool {
        let own = profile.framework.as_ref();
        own.is_some_and(|framework| framework.at.file.name == self.at.file.name)
    }
}

/// Returns the arguments and features that reach no stage, whichever target is built.
///
/// Nothing is returned where a fragment is missing or cannot be read: who plans that target is told.
pub(super) fn undeclared(profile: &Profile, fragments: &Fragments) -> Vec<Undeclared> {
    let Some(declared) = declared(profile, fragments) else {
        return Vec::new();
    };
    let reaches = |arg: &String| declared.contains(arg) || is_predefined(arg);
    let similar = |arg: &str| closest(arg, declared.iter().map(String::as_str));
    let unreached = set(profile).filter(|set| !set.names.iter().any(reaches));
    unreached
        .filter_map(|Set { names, setter, at }| {
            let arg = names.into_iter().next()?;
            Some(Undeclared {
                similar: similar(&arg).map(str::to_owned),
                arg,
                setter,
                at,
            })
        })
        .collect()
}

/// Returns what reaches no stage of any profile: what several inherit need not concern all of them.
pub fn undeclared_by_all(profiles: &[Profile], fragments: &Fragments) -> Vec<Undeclared> {
    let mut found: Vec<Undeclared> = Vec::new();
    let mut reached: Vec<Location> = Vec::new();
    for profile in profiles {
        let own = undeclared(profile, fragments);
        let places = set(profile).map(|set| set.at);
        reached.extend(places.filter(|place| own.iter().all(|found| found.at != *place)));
        found.extend(own);
    }
    found.retain(|found| !reached.contains(&found.at));
    found
}

/// Returns every argument that a profile sets.
fn set(profile: &Profile) -> impl Iterator<Item = Set> {
    let args = profile.arg_names().map(|name| Set {
        names: vec![name.value.clone()],
        setter: Setter::Entry,
        at: name.at.clone(),
    });
    let features = profile.features.iter().map(|(name, feature)| Set {
        names: vec![features::arg(&name.value, feature)],
        setter: Setter::Feature(name.value.clone()),
        at: name.at.clone(),
    });
    // One key is enough: what else a component says is also for people and for the lint.
    let components = profile.components.iter().filter_map(|(name, component)| {
        let keys = component_args(&name.value, component);
        let at = keys.first().map(|(_, at)| at.clone())?;
        Some(Set {
            names: keys.into_iter().flat_map(|(names, _)| names).collect(),
            setter: Setter::Component(name.value.clone()),
            at,
        })
    });
    args.chain(features).chain(components)
}

fn declared(profile: &Profile, fragments: &Fragments) -> Option<BTreeSet<String>> {
    let mut declared = BTreeSet::new();
    for (name, target) in profile.targets.iter() {
        let composition = composition(name, target, fragments)?;
        declared.extend(composition.declared_args().into_iter().map(str::to_owned));
    }
    Some(declared)
}

/// Returns the targets whose own stages declare an argument.
pub(super) fn targets_declaring(
    profile: &Profile,
    fragments: &Fragments,
    arg: &str,
) -> Vec<String> {
    let declares = |(name, target): &(&Located<String>, &Target)| {
        let composition = composition(name, target, fragments);
        composition.is_some_and(|composition| composition.declared_args().contains(arg))
    };
    let targets = profile.targets.iter().filter(declares);
    targets.map(|(name, _)| name.value.clone()).collect()
}

/// Returns the own stages of a target, unless they cannot be read.
fn composition(
    name: &Located<String>,
    target: &Target,
    fragments: &Fragments,
) -> Option<Composition> {
    let fragment = target.fragment.as_ref().unwrap_or(name);
    Composition::new([fragments.get(fragment.as_str()).ok()?]).ok()
}

#[cfg(test)]
mod tests {
    use test_case::test_case;

    use super::*;
    use crate::toml_file::{Merge as _, SourceFile};

    const TARGETS: &str = "framework = \"x\"\n[targets.a]\n[targets.b]\nfragment = \"two\"\n";

    fn fragments() -> Fragments {
        Fragments::from_iter([
            ("a", "ARG IMAGE=x\nFROM ${IMAGE} AS a\nARG ONE\n"),
            ("two", "FROM y AS b\nARG MAX_JOBS\n"),
        ])
    }

    fn found(profile: &str) -> Vec<String> {
        let text = format!("{TARGETS}{profile}");
        let profile = Profile::parse(&SourceFile::new("x.toml", text)).unwrap();
        let found = undeclared(&profile, &fragments());
        let line = |found: &Undeclared| {
            let similar = found.similar.as_deref().unwrap_or("-");
            format!("{}: {found} ({similar})", found.at)
        };
        found.iter().map(line).collect()
    }

    #[test_case("[args]\nONE = 1\nMAX_JOBS = 2\nIMAGE = \"z\"\nHTTP_PROXY = \"p\"\n" => Vec::<String>::new(); "all arrive")]
    #[test_case("[args]\nMAX_JOB = 1\n" => vec!["x.toml:6: The build argument `MAX_JOB` has no effect: no stage of any target declares `MAX_JOB` (MAX_JOBS)"]; "a typo")]
    #[test_case("[devices.cpu.args]\nTWO = 1\n[[when]]\nargs.THREE = 1\n" => vec!["x.toml:6: The build argument `TWO` has no effect: no stage of any target declares `TWO` (-)", "x.toml:8: The build argument `THREE` has no effect: no stage of any target declares `THREE` (-)"]; "of a device and of a block")]
    #[test_case("[features.kvbm]\n[features.one]\narg = \"ONE\"\n" => vec!["x.toml:5: The feature `kvbm` has no effect: no stage of any target declares `ENABLE_KVBM` (-)"]; "a feature")]
    #[test_case("[components.two]\nversion = 1\nsha256 = { \"linux/amd64\" = \"00\" }\n" => vec!["x.toml:6: The component `two` has no effect: no stage of any target declares `TWO_VERSION` (-)"]; "a component")]
    #[test_case("[components.max]\narg = \"MAX_JOBS\"\nversion = 1\n" => vec!["x.toml:7: The component `max` has no effect: no stage of any target declares `MAX_JOBS_VERSION` (MAX_JOBS)"]; "a component of another name")]
    #[test_case("[targets.c]\n[args]\nTWO = 1\n" => Vec::<String>::new(); "a fragment is missing")]
    fn what_no_stage_declares_is_found(profile: &str) -> Vec<String> {
        found(profile)
    }

    #[test]
    fn what_is_inherited_must_reach_a_stage_of_one_profile() {
        let common = SourceFile::new("common.toml", "[args]\nONE = 1\nNOWHERE = 2\n");
        let common = Profile::parse(&common).unwrap();
        let inheriting = |targets: &str| {
            let file = SourceFile::new("x.toml", format!("framework = \"x\"\n{targets}"));
            Profile::parse(&file).unwrap().merge(common.clone())
        };
        let profiles = [inheriting("[targets.a]\n"), inheriting("[targets.two]\n")];
        assert_eq!(undeclared(&profiles[1], &fragments()).len(), 2);
        let found = undeclared_by_all(&profiles, &fragments());
        assert!(
            found.iter().all(|found| found.arg == "NOWHERE"),
            "{found:?}"
        );
        assert!(!found[0].is_own(&profiles[0]));
    }
}
