//! Stages that do not exist, or that need each other.

use super::finding::{Finding, Rule};
use super::subject::{Subject, finding};
use crate::plan::stages::{External, Fragment};
use crate::suggest;

/// Returns every image and context that the needed stages refer to.
///
/// Names whose variables have no value are left out; another rule is about those.
pub(super) fn origins<'s>(
    subject: &'s Subject<'_>,
) -> impl Iterator<Item = (&'s Fragment, &'s External)> {
    let stages = subject.stages();
    let found = stages.flat_map(|(id, fragment, _)| {
        let externals = subject.graph.externals(id).iter();
        externals.map(move |external| (&**fragment, external))
    });
    found.filter(|(_, external)| !subject.inputs.contexts.contains_key(&external.name))
}

/// Returns whether a name says that it is an image: with a tag, a digest or a path.
fn is_image(name: &str) -> bool {
    name.contains(['/', ':', '@'])
}

/// Finds names that are neither a stage nor surely an image.
pub(super) fn unknown(subject: &Subject<'_>) -> Vec<Finding> {
    origins(subject)
        // An empty name is that of an argument without a value, which another rule is about.
        .filter(|(_, external)| !external.name.is_empty() && !is_image(&external.name))
        .map(|(fragment, external)| {
            let name = &external.name;
            let message = format!("`{name}` is no stage above, and as an image it has no tag");
            let names = subject.graph.names();
            let contexts = subject.inputs.contexts.keys().map(String::as_str);
            let hint = match suggest::closest(name, names.chain(contexts)) {
                Some(closest) => format!("Did you mean `{closest}`?"),
                None => format!("Write an image with its tag, for example `{name}:1.0`"),
            };
            finding(Rule::UnknownStage, fragment, &external.span, message, hint)
        })
        .collect()
}

/// Finds cycles of stages; each is reported once, at its first stage.
pub(super) fn cycles(subject: &Subject<'_>) -> Vec<Finding> {
    let cycles = subject.graph.cycles().into_iter();
    let needed = cycles.filter(|cycle| cycle.iter().any(|id| subject.needed.contains(id)));
    needed
        .map(|cycle| {
            let name = |id: &usize| {
                let (_, stage) = subject.graph.stage(*id);
                let name = stage.name.as_ref();
                name.map_or_else(|| id.to_string(), |name| name.value.clone())
            };
            let names: Vec<_> = cycle.iter().chain(&cycle[..1]).map(name).collect();
            let message = format!("stages need each other in a cycle: {}", names.join(" → "));
            let (fragment, stage) = subject.graph.stage(cycle[0]);
            let name = stage.name.as_ref();
            let span = name.map_or(&stage.image.span, |name| &name.span);
            finding(Rule::StageCycle, fragment, span, message, None)
        })
        .collect()
}
