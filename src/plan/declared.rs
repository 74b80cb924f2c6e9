//! What the stages of a target declare and ask for.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::axes::Asked;
use super::compiler_cache::SWITCH;
use super::error::PlanError;
use super::findings::Findings;
use super::origin::Origin;
use super::reference::note_unknown;
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
            // Where a fragment is missing, that is why.
            let is_missing = |error: &PlanError| matches!(error, PlanError::MissingFragment { .. });
            if findings.errors.iter().any(is_missing) {
                return Steps::default();
            }
            let written = target.table.stage.as_ref();
            findings.error(PlanError::UnknownStage {
                target: target.name.to_owned(),
                stage: name.to_owned(),
                known: graph.names().map(str::to_owned).collect(),
                origin: written.map_or_else(
                    || target.origin.clone(),
                    |stage| Origin::File(stage.at.clone()),
                ),
            });
            return Steps::default();
        };
        Steps {
            secrets: graph.secrets(stage),
            ssh: graph.ssh(stage),
            compile: graph.declared(stage).contains(SWITCH),
        }
    }
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
        settings: &Settings,
        findings: &mut Findings,
    ) {
        let is_known = |id: &String| known.iter().any(|secret| secret.id == *id);
        for id in self.secrets.required.iter().filter(|id| !is_known(id)) {
            findings.note(format!(
                "A step fails without the secret `{id}`: give it with `--secret id={id},src=FILE`"
            ));
        }
        if !self.ssh.required.is_empty() && settings.ssh.is_empty() {
            findings
                .note("A step fails without an ssh agent: give it with `--ssh default`".to_owned());
        }
    }
}
