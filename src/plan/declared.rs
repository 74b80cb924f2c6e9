//! What the stages of a target declare and ask for.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::axes::Asked;
use super::compiler_cache::SWITCH;
use super::error::PlanError;
use super::findings::Findings;
use super::origin::Origin;
use super::reference::note_unknown;
use super::secret_source::SecretSource;
use super::secrets::KnownSecret;
use super::settings::Settings;
use super::stages::{Composition, Fragment, Ids, Inputs, StageGraph};
use crate::problem::{Excerpt, Problem};
use crate::toml_file::Located;

/// The stages of a build and the names that they declare.
#[derive(Default)]
pub(super) struct Declared {
    pub(super) args: BTreeMap<String, Excerpt>,
    /// None if a fragment cannot be read.
    pub(super) composition: Option<Composition>,
}

impl Declared {
    pub(super) fn of(fragments: &[Arc<Fragment>], findings: &mut Findings) -> Self {
        match Composition::new(fragments.iter().cloned()) {
            Ok(composition) => {
                note_unknown(&composition, findings);
                Self {
                    args: composition.declarations(),
                    composition: Some(composition),
                }
            }
            Err(errors) => {
                for error in errors {
                    findings.fragment(Problem::from(error));
                }
                Self::default()
            }
        }
    }

    /// Returns what the steps of a target ask for.
    pub(super) fn steps(
        &self,
        target: &Asked<'_>,
        inputs: Inputs<'_>,
        findings: &mut Findings,
    ) -> Steps {
        let Some(composition) = &self.composition else {
            return Steps::default();
        };
        let graph = StageGraph::new(composition, inputs);
        let name = stage_name(target);
        let Some(stage) = graph.find(name) else {
            let known = graph.names().map(str::to_owned);
            report_unknown(target, known.collect(), findings);
            return Steps::default();
        };
        Steps {
            secrets: graph.secrets(stage),
            ssh: graph.ssh(stage),
            compile: graph.declared(stage).contains(SWITCH),
        }
    }
}

impl Declared {
    /// Checks that the stage that a target is exists.
    pub(super) fn check_stage(&self, target: &Asked<'_>, findings: &mut Findings) {
        let stages = self.composition.iter().flat_map(Composition::stages);
        let names = stages.filter_map(|(_, stage)| stage.name.as_ref());
        let known: Vec<_> = names.map(|name| name.value.clone()).collect();
        let is_meant = |name: &String| name.eq_ignore_ascii_case(stage_name(target));
        if self.composition.is_some() && !known.iter().any(is_meant) {
            report_unknown(target, known, findings);
        }
    }
}

fn report_unknown(target: &Asked<'_>, known: Vec<String>, findings: &mut Findings) {
    // Where a fragment is missing, that is why.
    let is_missing = |error: &PlanError| matches!(error, PlanError::MissingFragment { .. });
    if findings.errors.iter().any(is_missing) {
        return;
    }
    let written = target.table.stage.as_ref();
    findings.error(PlanError::UnknownStage {
        target: target.name.to_owned(),
        stage: stage_name(target).to_owned(),
        known,
        origin: written.map_or_else(
            || target.origin.clone(),
            |stage| Origin::File(stage.at.clone()),
        ),
    });
}

/// Returns the name of the stage that a target is.
pub(super) fn stage_name<'a>(target: &'a Asked<'_>) -> &'a str {
    let stage = target.table.stage.as_ref();
    stage.map_or(target.name, Located::as_str)
}

/// What the steps of a target ask for.
#[derive(Default)]
pub(super) struct Steps {
    pub(super) secrets: Ids,
    pub(super) ssh: Ids,
    /// Whether they compile through the compiler cache.
    pub(super) compile: bool,
}

impl Steps {
    /// Notes secrets and agents without which a step fails: it may still be in the engine's cache.
    pub(super) fn note_missing(
        &self,
        known: &[KnownSecret],
        absent: &BTreeSet<String>,
        settings: &Settings,
        findings: &mut Findings,
    ) {
        let of = |id: &String| known.iter().find(|secret| secret.id == *id);
        for id in &self.secrets.required {
            let fix = match of(id) {
                None => format!("give it with `--secret id={id},src=FILE`"),
                // That it is missing is an error already, or it is there.
                Some(secret) if secret.required || !absent.contains(id) => continue,
                Some(secret) => match &secret.source.value {
                    SecretSource::Environment(name) => format!("the variable `{name}` is not set"),
                    SecretSource::File(path) => format!("the file `{path}` is missing"),
                },
            };
            findings.note(format!("A step fails without the secret `{id}`: {fix}"));
        }
        if !self.ssh.required.is_empty() && settings.ssh.is_empty() {
            findings
                .note("A step fails without an ssh agent: give it with `--ssh default`".to_owned());
        }
    }
}
