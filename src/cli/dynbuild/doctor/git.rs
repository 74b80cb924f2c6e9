//! What git says of the build context: it decides tags and labels.

use std::path::Path;

use super::finding::Finding;
use crate::git::Checkout;
use crate::problem::Problem;

/// Reads the version that images of this context would get.
pub(super) fn check(context: &Path) -> Finding {
    const CHECK: &str = "git";
    match Checkout::read(context) {
        Ok(Checkout::At(revision)) if revision.shallow => Finding::warning(
            CHECK,
            format!(
                "version {} of a shallow clone; older tags are not seen",
                revision.describe()
            ),
            "`git fetch --unshallow --tags`",
        ),
        Ok(Checkout::At(revision)) => {
            Finding::ok(CHECK, format!("version {}", revision.describe()))
        }
        Ok(Checkout::NoCommit) => Finding::ok(CHECK, "a repository without a commit"),
        Ok(Checkout::NoRepository) => Finding::ok(CHECK, "no repository here"),
        Err(error) => {
            let problem = Problem::from(error);
            let fix = problem.hints.into_iter().next();
            Finding::failed(
                CHECK,
                problem.message,
                fix.unwrap_or_else(|| "`git status`".into()),
            )
        }
    }
}
