//! Secrets that would stay in the image or its history.

use std::ops::Range;

use super::finding::{Finding, Rule};
use super::subject::{Subject, declared, finding};
use crate::plan::stages::Fragment;

/// Words of a variable's name that speak of a secret: those of BuildKit's own check.
const SECRET: &[&str] = &[
    "apikey",
    "auth",
    "credential",
    "credentials",
    "key",
    "passwd",
    "password",
    "pword",
    "secret",
    "token",
];

/// Words that say that the value is no secret but says where one is, is known to everybody, or is a
/// switch as `SCCACHE_S3_NO_CREDENTIALS` is.
const HARMLESS: &[&str] = &[
    "dir", "disable", "enable", "file", "id", "no", "path", "prefix", "public", "url", "use",
];

/// Finds `ARG` and `ENV` whose names speak of a secret.
pub(super) fn in_variables(subject: &Subject<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (fragment, arg) in subject.composition.global_args() {
        findings.extend(is_secret(&arg.name).then(|| told(&arg.name, fragment, &arg.span)));
    }
    for (fragment, stage) in subject.composition.stages() {
        for instruction in &stage.instructions {
            let names = declared(&instruction.kind).into_iter();
            let secret = names.filter(|name| is_secret(name));
            findings.extend(secret.map(|name| told(name, fragment, &instruction.span)));
        }
    }
    findings
}

fn told(name: &str, fragment: &Fragment, span: &Range<usize>) -> Finding {
    let message = format!("the value of `{name}` would stay in the image's history");
    let hint = "Mount it where it is needed: RUN --mount=type=secret,id=…".to_owned();
    finding(Rule::SecretInVariable, fragment, span, message, hint)
}

fn is_secret(name: &str) -> bool {
    let name = name.to_lowercase();
    let mut words = name.split('_');
    words.clone().any(|word| SECRET.contains(&word)) && !words.any(|word| HARMLESS.contains(&word))
}
