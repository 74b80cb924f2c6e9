//! What of Dynamo an image has, which decides what the image says of itself.

use super::axes::{Asked, Axes};
use super::build_args::{Ingredients, upper_snake};
use super::facts::Facts;
use super::findings::Findings;
use super::origin::{Origin, Setting};
use crate::git::{Checkout, SourceRevision};
use crate::profile::{Profile, Source};

/// The component that released wheels of Dynamo are.
const RELEASED: &str = "ai-dynamo";

/// What of Dynamo an image has.
#[derive(Clone, Debug)]
pub(super) struct Contents<'a> {
    /// Its version as image names say it, for example `v1.2.0.dev.0a1b2c3`.
    pub(super) version: Setting<String>,
    /// The commit that it is made from; `None` for released wheels, whatever is checked out here.
    pub(super) revision: Option<&'a SourceRevision>,
    /// Whether it comes from the build context, and not from released wheels.
    pub(super) is_of_context: bool,
}

impl<'a> Contents<'a> {
    /// Finds out what images of `targets` have: the tree, with its commit, or released wheels, with
    /// the version that is installed. A profile without such wheels makes images of its context.
    pub(super) fn new(
        ingredients: &Ingredients<'_>,
        facts: &'a Facts,
        targets: &[Asked<'_>],
    ) -> Self {
        match released(ingredients, targets) {
            Some(version) => Self {
                version: version.map(|version| format!("v{version}")),
                revision: None,
                is_of_context: false,
            },
            None => Self {
                version: checked_out(facts),
                revision: facts.checkout.revision(),
                is_of_context: true,
            },
        }
    }
}

/// Returns the version of the released wheels that are installed, if they are.
fn released(ingredients: &Ingredients<'_>, targets: &[Asked<'_>]) -> Option<Setting<String>> {
    if ingredients.axes.source.value != Source::Wheel || !has_releases(ingredients.profile) {
        return None;
    }
    let component = ingredients.profile.components.get(RELEASED)?;
    let prefix = component
        .arg
        .as_ref()
        .map_or_else(|| upper_snake(RELEASED), |arg| arg.value.clone());
    let argument = format!("{prefix}_VERSION");
    ingredients.winner(targets.first()?, &argument)
}

fn has_releases(profile: &Profile) -> bool {
    let component = profile.components.get(RELEASED);
    component.is_some_and(|component| component.version.is_some())
}

/// Returns the version of the build context: what git says, else what the tree says of itself.
fn checked_out(facts: &Facts) -> Setting<String> {
    if let Some(revision) = facts.checkout.revision() {
        return Setting::new(revision.describe(), Origin::Git);
    }
    let written = facts.tree.as_ref().and_then(|tree| tree.version.as_ref());
    match written {
        // Nobody knows what was changed since.
        Some(version) => {
            let origin = Origin::Derived("the tree's `pyproject.toml`");
            Setting::new(format!("v{version}.dev"), origin)
        }
        None => Setting::new("v0.0.1.dev".to_owned(), Origin::BuiltIn),
    }
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
        Origin::File(_) | Origin::Environment(_) | Origin::Flag(_) if in_the_tree => format!(
            "set by `{}`; nothing of the checkout of Dynamo in `{context}` is in the image",
            source.origin
        ),
        Origin::File(_) | Origin::Environment(_) | Origin::Flag(_) => {
            format!("set by `{}`", source.origin)
        }
    }
}

/// Notes what the repository lacks to tell a good version, where the version is the repository's.
pub(super) fn note_repository(contents: &Contents<'_>, facts: &Facts, findings: &mut Findings) {
    if !contents.is_of_context {
        return;
    }
    match &facts.checkout {
        Checkout::NoRepository | Checkout::NoCommit => findings.note(
            "The build context is in no git repository with a commit, so names and labels carry no \
             revision"
                .into(),
        ),
        Checkout::Unreadable(error) => findings.warn(format!(
            "The git repository of the build context cannot be read, so the image has no version \
             of it: {error}. {}",
            error.fix()
        )),
        Checkout::At(revision) => note_revision(revision, findings),
    }
}

fn note_revision(revision: &SourceRevision, findings: &mut Findings) {
    if revision.shallow {
        findings.note(
            "The repository is a shallow clone: tags may be missing from the version; \
             `git fetch --unshallow --tags` completes it"
                .into(),
        );
    }
    if revision.dirty {
        findings.note("The repository has changes that are not committed".into());
    }
}
