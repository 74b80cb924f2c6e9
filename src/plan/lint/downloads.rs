//! Downloads whose content nothing checks.

use super::finding::{Finding, Rule};
use super::subject::{Subject, code, finding};
use crate::dockerfile::{Copy, Instruction, Kind};
use crate::plan::stages::Fragment;

/// What shows that a step checks what it downloads. `fetch` is the stages' own helper, which does.
const CHECKS: &[&str] = &[
    "sha256sum",
    "sha512sum",
    "gpgv",
    "--verify",
    "--hash",
    "fetch ",
];

/// What shows that a clone is of one commit or tag.
const COMMITS: &[&str] = &["checkout", "--branch", " -b ", "--revision"];

/// Finds `ADD` of a URL without a checksum, `curl` and `wget` without a check, clones of a branch.
pub(super) fn unpinned(subject: &Subject<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (_, fragment, stage) in subject.stages() {
        for instruction in &stage.instructions {
            let found = match &instruction.kind {
                Kind::Copy(copy) => added(copy),
                Kind::Run(_) => run(fragment, instruction),
                Kind::Arg(_)
                | Kind::Env(_)
                | Kind::Label(_)
                | Kind::OnBuild(_)
                | Kind::Words(_)
                | Kind::Kept
                | Kind::Unknown => None,
            };
            findings.extend(found.map(|(message, hint)| {
                let (message, hint) = (message.to_owned(), hint.to_owned());
                let span = &instruction.span;
                finding(Rule::UnpinnedDownload, fragment, span, message, hint)
            }));
        }
    }
    findings
}

fn added(copy: &Copy) -> Option<(&'static str, &'static str)> {
    if !copy.add || copy.checksum {
        return None;
    }
    let remote = |source: &&str| source.contains("://") || source.starts_with("git@");
    let sources = copy.sources.iter().map(|source| source.value.as_str());
    sources.filter(remote).find_map(|source| {
        if !is_git(source) {
            return Some((
                "`ADD` downloads a file whose content nothing checks",
                "Name its checksum: ADD --checksum=sha256:… URL FILE",
            ));
        }
        let has_reference = source.contains('#')
            || source.contains("?ref=")
            || source.contains("&ref=")
            || source.contains("tag=")
            || source.contains("commit=")
            || source.contains("branch=");
        (!has_reference).then_some((
            "`ADD` clones whatever the default branch is at that time",
            "Name the commit or tag: ADD https://….git#COMMIT DIRECTORY",
        ))
    })
}

/// Returns whether BuildKit clones this: a repository by its scheme or its ending.
fn is_git(source: &str) -> bool {
    let path = source.split(['#', '?']).next().unwrap_or(source);
    ["git://", "ssh://", "git@"]
        .iter()
        .any(|scheme| source.starts_with(scheme))
        || path.strip_suffix(".git").is_some()
}

fn run(fragment: &Fragment, instruction: &Instruction) -> Option<(&'static str, &'static str)> {
    let script = code(fragment, instruction);
    let has = |words: &[&str]| words.iter().any(|word| script.contains(word));
    if has(&["curl ", "wget "]) && has(&["http://", "https://"]) && !has(CHECKS) {
        return Some((
            "the step downloads a file whose content nothing checks",
            "Check it in the same step, for example with sha256sum --check, or use `fetch URL FILE SHA256`",
        ));
    }
    (has(&["git clone"]) && !has(COMMITS)).then_some((
        "the step clones whatever the default branch is at that time",
        "Name the commit: git clone … && git checkout COMMIT",
    ))
}
