//! What git says of the build context: it decides tags and labels.

use std::path::Path;

use super::finding::Finding;
use crate::git::{Checkout, GitProgram};

/// Reads the version that images of this context would get.
pub(super) fn check(context: &Path, program: &GitProgram) -> Finding {
    const CHECK: &str = "git";
    match Checkout::read(context, program) {
        Checkout::At(revision) if revision.shallow => Finding::warning(
            CHECK,
            format!(
                "version {} of a shallow clone; older tags are not seen",
                revision.describe()
            ),
            "`git fetch --unshallow --tags`",
        ),
        Checkout::At(revision) => Finding::ok(CHECK, format!("version {}", revision.describe())),
        Checkout::NoCommit => Finding::ok(CHECK, "a repository without a commit"),
        Checkout::NoRepository => Finding::ok(CHECK, "no repository here"),
        Checkout::Unreadable(error) => Finding::warning(
            CHECK,
            format!("the repository cannot be read: {error}"),
            error.fix(),
        ),
    }
}
