//! What is wrong with a deployment before anything is started: one file per kind of check.

mod agreement;
pub(super) mod forbidden;
pub(super) mod names;
mod partners;
mod ports;
mod references;
mod resilience;
mod values;

use super::derive::Common;
use super::finding::Finding;
use super::member::Member;

/// Checks the file.
pub(super) fn check(common: &Common<'_>) -> Vec<Finding> {
    let checks = [
        names::check,
        references::check,
        forbidden::check,
        partners::check,
        agreement::check,
        values::check,
        ports::check_numbers,
        resilience::check,
    ];
    checks.into_iter().flat_map(|check| check(common)).collect()
}

/// Checks what was derived.
pub(super) fn check_members(common: &Common<'_>, members: &[Member]) -> Vec<Finding> {
    ports::check(common, members)
}
