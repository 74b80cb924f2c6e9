//! Roles that need each other.

use crate::deploy::derive::{Common, Engine};
use crate::deploy::file::Role;
use crate::deploy::finding::Finding;

pub(super) fn check(common: &Common<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (role, partner) in [(Role::Prefill, Role::Decode), (Role::Decode, Role::Prefill)] {
        findings.extend(lonely(common, role, partner));
    }
    findings.extend(mixed(common));
    findings.extend(encoders(common));
    findings.extend(doubled(common));
    findings
}

fn lonely(common: &Common<'_>, role: Role, partner: Role) -> Option<Finding> {
    let worker = common.of_role(role).next()?;
    let has = common.of_role(partner).any(|partner| partner.replicas > 0);
    let (name, at) = (&worker.name.value, &worker.name.at);
    (!has).then(|| {
        let message =
            format!("`workers.{name}` has role `{role}`, and nobody has role `{partner}`");
        let hint = format!("Add a table `[workers.{partner}]`, or write `role = \"agg\"`");
        Finding::error(message).at(at).hint(hint)
    })
}

/// An aggregated worker of the same model turns disaggregation off, and answers still come.
fn mixed(common: &Common<'_>) -> Option<Finding> {
    let aggregated = common.of_role(Role::Aggregated).next()?;
    let name = &aggregated.name.value;
    common.is_disaggregated().then(|| {
        Finding::error(format!(
            "`workers.{name}` has role `agg` next to prefill and decode: Dynamo would switch \
             disaggregation off without a word"
        ))
        .at(&aggregated.name.at)
        .hint("Make it a deployment of its own")
    })
}

fn encoders(common: &Common<'_>) -> Option<Finding> {
    let encoder = common.of_role(Role::Encode).next()?;
    let (name, at) = (&encoder.name.value, &encoder.name.at);
    if common.workers.len() == 1 {
        let finding = Finding::error(format!("`workers.{name}` encodes, and nobody generates"));
        return Some(
            finding
                .at(at)
                .hint("Add `[workers.prefill]` and `[workers.decode]`"),
        );
    }
    (common.started() == Engine::Mocker).then(|| {
        let message = format!("The mocker has no role `encode`, which `workers.{name}` has");
        let hint = "Rehearse without the encoder, or with the engine itself";
        Finding::error(message).at(at).hint(hint)
    })
}

/// Two endpoints of prefill for one model turn disaggregation off as well.
fn doubled(common: &Common<'_>) -> Option<Finding> {
    let mut same = common.of_role(Role::Prefill);
    let (first, second) = (same.next()?, same.next()?);
    let message = format!(
        "`workers.{}` and `workers.{}` both have role `prefill`; they register under one name and \
         must be alike",
        first.name.value, second.name.value
    );
    let hint = "Use `replicas` where only their number differs";
    Some(Finding::note(message).at(&second.name.at).hint(hint))
}
