//! Stages that do not exist, or that need each other.

use std::ops::Range;

use super::finding::{Finding, Rule};
use super::subject::{Subject, finding};
use crate::plan::stages::{Fragment, Kind, Stage};
use crate::suggest;

/// A stage, image or context that a stage refers to.
pub(super) struct Origin<'a> {
    pub(super) fragment: &'a Fragment,
    pub(super) span: Range<usize>,
    /// The name with variables replaced.
    pub(super) name: String,
}

/// Returns everything outside of the composition that its needed stages refer to.
///
/// Names whose variables have no value are left out; another rule tells about those.
pub(super) fn origins<'a>(subject: &Subject<'a>) -> Vec<Origin<'a>> {
    let mut found = Vec::new();
    for (id, fragment, stage) in subject.stages() {
        let from = subject
            .graph
            .parent(id)
            .is_none()
            .then(|| subject.graph.image(id));
        if let Some(name) = from.flatten() {
            let span = stage.image.span.clone();
            found.push(Origin {
                fragment,
                span,
                name,
            });
        }
        for (written, span) in references(stage) {
            if subject.graph.source(id, written).is_none() {
                let name = written.to_owned();
                found.push(Origin {
                    fragment,
                    span,
                    name,
                });
            }
        }
    }
    found.retain(|origin| {
        let name = origin.name.as_str();
        name != "scratch" && !name.contains('$') && !subject.contexts.contains(name)
    });
    found
}

fn references(stage: &Stage) -> Vec<(&str, Range<usize>)> {
    let mut found = Vec::new();
    for instruction in &stage.instructions {
        match &instruction.kind {
            Kind::Copy(copy) => {
                let from = copy.from.iter();
                found.extend(from.map(|from| (from.value.as_str(), from.span.clone())));
            }
            Kind::Run(run) => {
                let mounts = run.mounts.iter();
                found.extend(
                    mounts.filter_map(|mount| Some((mount.from.as_deref()?, mount.span.clone()))),
                );
            }
            Kind::Arg(_) | Kind::Env(_) | Kind::Other => {}
        }
    }
    found
}

/// Returns whether a name says that it is an image: with a tag, a digest or a path.
fn is_image(name: &str) -> bool {
    name.contains(['/', ':', '@'])
}

/// Finds names that are neither a stage nor surely an image.
pub(super) fn unknown(subject: &Subject<'_>) -> Vec<Finding> {
    origins(subject)
        .into_iter()
        .filter(|origin| !is_image(&origin.name))
        .map(|origin| {
            let name = &origin.name;
            let message = format!("`{name}` is no stage above, and as an image it has no tag");
            let hint = match suggest::closest(name, subject.graph.names()) {
                Some(closest) => format!("Did you mean `{closest}`?"),
                None => format!("Write an image with its tag, for example `{name}:1.0`"),
            };
            finding(
                Rule::UnknownStage,
                origin.fragment,
                &origin.span,
                message,
                hint,
            )
        })
        .collect()
}

/// Finds circles of stages; each is told once, at its first stage.
pub(super) fn cycles(subject: &Subject<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (id, fragment, stage) in subject.stages() {
        let Some(path) = subject.graph.cycle(id) else {
            continue;
        };
        if path.iter().min() != Some(&id) {
            continue;
        }
        let name = |id: &usize| {
            let (_, stage) = subject.graph.stage(*id);
            stage
                .name
                .as_ref()
                .map_or_else(|| id.to_string(), |name| name.value.clone())
        };
        let names: Vec<_> = path.iter().chain([&id]).map(name).collect();
        let message = format!("stages need each other: {}", names.join(" → "));
        let span = stage
            .name
            .as_ref()
            .map_or(&stage.image.span, |name| &name.span);
        findings.push(finding(Rule::StageCycle, fragment, span, message, None));
    }
    findings
}
