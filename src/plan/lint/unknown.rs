//! Instructions and flags that we do not know.

use super::finding::{Finding, Rule};
use super::subject::Subject;

/// Finds what is left to BuildKit: a mistake, or something newer than this program.
pub(super) fn left_to_buildkit(subject: &Subject<'_>) -> Vec<Finding> {
    let found = subject.composition.unknown().into_iter();
    found
        .map(|found| Finding {
            rule: Rule::NotUnderstood,
            message: found.message,
            excerpt: found.at,
            hint: found.similar.map(|name| format!("Did you mean `{name}`?")),
        })
        .collect()
}
