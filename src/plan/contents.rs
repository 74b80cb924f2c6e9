//! What of Dynamo an image has, which decides what the image says of itself.

use super::facts::Facts;
use super::findings::Findings;
use super::origin::{Origin, Setting};
use crate::git::{Checkout, SourceRevision};

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
    /// Decides between `released` wheels of this version and the tree, with its commit.
    pub(super) fn new(released: Option<Setting<String>>, facts: &'a Facts) -> Self {
        match released {
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
