//! Released wheels of Dynamo, or its sources: which of them images get, and why.

use super::axes::{Asked, Axes};
use super::build_args::{Ingredients, component_prefix};
use super::contents::Contents;
use super::facts::Facts;
use super::findings::Findings;
use super::origin::{Origin, Setting};
use crate::profile::{Profile, Source};

/// The component that released wheels of Dynamo are.
const RELEASED: &str = "ai-dynamo";

/// Returns the version of the released wheels that images of `targets` get, if they do. A profile
/// without such wheels makes images of its context.
pub(super) fn released(
    ingredients: &Ingredients<'_>,
    targets: &[Asked<'_>],
) -> Option<Setting<String>> {
    if ingredients.axes.source.value != Source::Wheel || !has_releases(ingredients.profile) {
        return None;
    }
    let component = ingredients.profile.components.get(RELEASED)?;
    let argument = format!("{}_VERSION", component_prefix(RELEASED, component));
    ingredients.winner(targets.first()?, &argument)
}

fn has_releases(profile: &Profile) -> bool {
    let component = profile.components.get(RELEASED);
    component.is_some_and(|component| component.version.is_some())
}

/// Says what is built and why, before anything else is said.
pub(super) fn note_source(
    ingredients: &Ingredients<'_>,
    contents: &Contents<'_>,
    context: &str,
    findings: &mut Findings,
) {
    let Ingredients {
        profile,
        facts,
        axes,
        ..
    } = ingredients;
    if !has_releases(profile) {
        return;
    }
    let version = &contents.version.value;
    let why = reason(axes, facts, context);
    findings.note(match axes.source.value {
        Source::Tree => {
            format!("Dynamo `{version}` is built from the sources in `{context}`: {why}")
        }
        Source::Wheel => format!("Dynamo `{version}` is installed from released wheels: {why}"),
    });
    if axes.source.value == Source::Tree && facts.tree.is_none() {
        findings.warn(format!(
            "`{context}` does not look like the sources of Dynamo: its `Cargo.toml` and \
             `pyproject.toml` name neither `ai-dynamo` nor its crates"
        ));
    }
}

fn reason(axes: &Axes<'_>, facts: &Facts, context: &str) -> String {
    let source = &axes.source;
    let in_the_tree = facts.tree.is_some() && source.value == Source::Wheel;
    match &source.origin {
        Origin::Context => {
            "the build context is a checkout of Dynamo (`--source wheel` installs released wheels)"
                .to_owned()
        }
        Origin::BuiltIn | Origin::Derived(_) | Origin::Git | Origin::Host if in_the_tree => {
            "this framework has no other source".to_owned()
        }
        Origin::BuiltIn | Origin::Derived(_) | Origin::Git | Origin::Host => {
            format!("`{context}` is no checkout of Dynamo (`-C DIR` names one)")
        }
        Origin::File(_) | Origin::OwnFile(_) | Origin::Environment(_) | Origin::Flag(_)
            if in_the_tree =>
        {
            format!(
                "set by `{}`; nothing of the checkout of Dynamo in `{context}` is in the image",
                source.origin
            )
        }
        Origin::File(_) | Origin::OwnFile(_) | Origin::Environment(_) | Origin::Flag(_) => {
            format!("set by `{}`", source.origin)
        }
    }
}
