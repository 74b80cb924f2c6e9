//! Names that must lead to a stage: those of targets, and of contexts that somebody asked for.

use std::collections::BTreeSet;

use super::error::PlanError;
use super::findings::Findings;
use super::origin::{Origin, Setting};
use super::settings::Named;
use super::stages::{Composition, StageGraph};
use crate::suggest::closest;

/// Notes what is left to BuildKit: a mistake, or something newer than this program.
pub(super) fn note_unknown(composition: &Composition, findings: &mut Findings) {
    for found in composition.unknown() {
        let (line, _) = found.at.line_column();
        let similar = found.similar;
        let similar = similar.map_or_else(String::new, |name| format!("; did you mean `{name}`?"));
        findings.note(format!(
            "{}:{line}: {}{similar}",
            found.at.name, found.message
        ));
    }
}

/// What the stages of all targets refer to.
#[derive(Default)]
pub(super) struct Referred {
    names: BTreeSet<String>,
    /// A stage starts from what is not known before the build.
    others: bool,
}

impl Referred {
    pub(super) fn add(&mut self, graph: &StageGraph<'_>) {
        for id in 0..graph.count() {
            let (_, stage) = graph.stage(id);
            let own = stage.name.as_ref().map(|name| name.value.to_lowercase());
            let externals = graph.externals(id).iter();
            self.names
                .extend(externals.map(|external| external.name.clone()));
            self.names.extend(own);
            self.others |= graph.is_unknown(id);
        }
    }

    /// Finds contexts that no stage refers to: BuildKit would go to a registry instead, or do without.
    pub(super) fn check(&self, contexts: &[Setting<Named<String>>], findings: &mut Findings) {
        let known: BTreeSet<String> = self.names.iter().map(|name| familiar(name)).collect();
        for context in contexts {
            let name = &context.value.name;
            // Other flags give contexts to builds of every kind.
            let is_named =
                matches!(&context.origin, Origin::Flag(flag) if flag == "--build-context");
            if is_named && !self.others && !known.contains(&familiar(name)) {
                let names = self.names.iter().map(String::as_str);
                findings.error(PlanError::UnusedContext {
                    name: name.clone(),
                    similar: closest(name, names).map(str::to_owned),
                    known: self.names.iter().cloned().collect(),
                    origin: context.origin.clone(),
                });
            }
        }
    }
}

/// Returns a name without what docker takes for granted.
fn familiar(name: &str) -> String {
    let name = name.to_lowercase();
    let name = name.strip_prefix("docker.io/").unwrap_or(&name);
    let name = name.strip_prefix("library/").unwrap_or(name);
    name.strip_suffix(":latest").unwrap_or(name).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_are_known_by_their_short_names() {
        assert_eq!(
            familiar("docker.io/library/alpine:latest"),
            familiar("Alpine")
        );
        assert_ne!(familiar("alpine:3"), familiar("alpine"));
    }
}
