//! All rules, one after the other.

use super::finding::Finding;
use super::subject::Subject;
use super::{args, downloads, images, secrets, stages, unknown};

/// Returns everything that the rules find, errors first.
pub fn lint(subject: &Subject<'_>) -> Vec<Finding> {
    let rules: [fn(&Subject<'_>) -> Vec<Finding>; 9] = [
        stages::unknown,
        unknown::left_to_buildkit,
        stages::cycles,
        args::invisible,
        args::not_fed,
        args::unused,
        images::unpinned,
        downloads::unpinned,
        secrets::in_variables,
    ];
    let mut findings: Vec<_> = rules.iter().flat_map(|rule| rule(subject)).collect();
    findings.sort_by_key(|finding| finding.rule.severity());
    findings
}
