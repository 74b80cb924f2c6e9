//! What was asked for must reach a stage: an argument that nothing declares would do nothing.

use std::collections::{BTreeMap, BTreeSet};

use super::build_args::is_predefined;
use super::error::PlanError;
use super::findings::Findings;
use super::origin::Setting;
use super::settings::{Named, Settings};
use super::stages::Fragments;
use super::undeclared::{targets_declaring, undeclared};
use crate::problem::Excerpt;
use crate::profile::Profile;
use crate::suggest::closest;

/// Flags that were given by mistake where they have no effect. Others are given to builds of every
/// kind, as by a pipeline with one line for all frameworks.
const FOR_SOME_BUILDS: [&str; 3] = ["--uid", "--gid", "--tensorrtllm-"];

/// What was asked for, and what there is to be reached.
pub(super) struct Reach<'a> {
    pub(super) profile: &'a Profile,
    pub(super) settings: &'a Settings,
    pub(super) fragments: &'a Fragments,
    /// The targets that are built.
    pub(super) targets: Vec<&'a str>,
    /// What their stages declare, and where.
    pub(super) declared: &'a BTreeMap<String, Excerpt>,
}

impl Reach<'_> {
    /// Finds everything that reaches no stage.
    pub(super) fn check(&self, findings: &mut Findings) {
        if !self.settings.allow_unknown_build_arg {
            for arg in &self.settings.build_args {
                if !self.reaches(&arg.value.name) {
                    self.tell_build_arg(arg, findings);
                }
            }
        }
        self.check_options(findings);
        self.note_profile(findings);
    }

    fn reaches(&self, arg: &str) -> bool {
        self.declared.contains_key(arg) || is_predefined(arg)
    }

    /// The user's own file is for builds of every kind: what it sets is used where it fits.
    fn tell_build_arg(&self, arg: &Setting<Named<String>>, findings: &mut Findings) {
        let name = &arg.value.name;
        if arg.origin.line().is_some() {
            if self.targets_declaring(name).is_empty() {
                let origin = &arg.origin;
                findings.note(format!("{origin}: {}", no_effect(name, name)));
            }
            return;
        }
        let targets: Vec<_> = self
            .targets
            .iter()
            .map(|name| format!("`{name}`"))
            .collect();
        let similar = closest(name, self.declared.keys().map(String::as_str));
        findings.error(PlanError::UnknownBuildArg {
            name: name.clone(),
            targets: targets.join(", "),
            known: self.declared.keys().cloned().collect(),
            similar: similar.map(|name| Box::new(self.declared[name].clone())),
            origin: arg.origin.clone(),
        });
    }

    /// A flag with arguments of its own should reach a stage of at least one target.
    fn check_options(&self, findings: &mut Findings) {
        let mut told = BTreeSet::new();
        for option in &self.settings.options {
            let name = &option.value.name;
            let flag = option.origin.to_string();
            // One flag may set several arguments.
            if self.reaches(name) || !told.insert(flag.clone()) {
                continue;
            }
            if FOR_SOME_BUILDS.iter().any(|start| flag.starts_with(start)) {
                findings.error(PlanError::OptionNotHere {
                    targets: self.targets_declaring(name),
                    framework: self.profile.name().to_owned(),
                    name: name.clone(),
                    flag,
                });
            } else {
                findings.note(no_effect(&flag, name));
            }
        }
    }

    fn targets_declaring(&self, arg: &str) -> Vec<String> {
        targets_declaring(self.profile, self.fragments, arg)
    }

    /// Tells mistakes of the profile itself; those of the profiles that it inherits are for the
    /// lint, because a shared argument need not concern every framework.
    fn note_profile(&self, findings: &mut Findings) {
        let found = undeclared(self.profile, self.fragments);
        for found in found.iter().filter(|found| found.is_own(self.profile)) {
            let similar = found.similar.as_ref();
            let similar =
                similar.map_or_else(String::new, |name| format!("; did you mean `{name}`?"));
            findings.note(format!("{}: {found}{similar}", found.at));
        }
    }
}

fn no_effect(what: &str, arg: &str) -> String {
    format!("`{what}` has no effect: no stage declares `{arg}`")
}
