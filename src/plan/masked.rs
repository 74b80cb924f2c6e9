//! A plan as it is shown: without the values that look like secrets.

use std::collections::BTreeMap;

use super::build_plan::{BuildPlan, PlannedTarget};
use super::explanation::{Explained, Explanation};
use super::origin::Setting;
use super::resolve::Resolution;
use crate::docker::attestation::Attestation;
use crate::docker::output::Output;
use crate::redact::{shown_assignment, shown_text, shown_value};

impl Resolution {
    /// Returns what may be shown. A build is made of the original.
    #[must_use]
    pub fn masked(&self) -> Self {
        Self {
            plan: self.plan.masked(),
            explanation: self.explanation.masked(),
            ..self.clone()
        }
    }
}

impl BuildPlan {
    /// Returns the plan with `****` for what looks like a secret.
    #[must_use]
    pub fn masked(&self) -> Self {
        Self {
            targets: self.targets.iter().map(PlannedTarget::masked).collect(),
            ..self.clone()
        }
    }
}

impl PlannedTarget {
    fn masked(&self) -> Self {
        let contexts = self.contexts.iter();
        let contexts = contexts.map(|(name, place)| (name.clone(), place.masked()));
        let texts = |texts: &[String]| texts.iter().map(|text| shown(text)).collect();
        Self {
            tags: texts(&self.tags),
            build_args: values(&self.build_args),
            labels: values(&self.labels),
            contexts: contexts.collect(),
            ssh: texts(&self.ssh),
            outputs: self.outputs.iter().map(Output::masked).collect(),
            attestations: self.attestations.iter().map(Attestation::masked).collect(),
            context: shown_text(&self.context).into_owned(),
            // Caches mask themselves, and secrets are ids and places.
            ..self.clone()
        }
    }
}

impl Explanation {
    /// Returns the values with `****` for what looks like a secret, also where it lost.
    #[must_use]
    pub fn masked(&self) -> Self {
        let values = self.values.iter().map(Explained::masked);
        Self {
            values: values.collect(),
        }
    }
}

impl Explained {
    fn masked(&self) -> Self {
        let (_, name) = self.key.rsplit_once(' ').unwrap_or(("", &self.key));
        let value = |value: &str| shown_assignment(&shown_value(name, value)).into_owned();
        let overridden = self.overridden.iter().map(|lost| Setting {
            value: value(&lost.value),
            origin: lost.origin.clone(),
        });
        Self {
            value: value(&self.value),
            overridden: overridden.collect(),
            ..self.clone()
        }
    }
}

fn shown(text: &str) -> String {
    shown_assignment(text).into_owned()
}

fn values(values: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    let shown = values
        .iter()
        .map(|(name, value)| (name.clone(), shown_value(name, value).into_owned()));
    shown.collect()
}
