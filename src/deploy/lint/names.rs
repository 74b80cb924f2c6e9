//! Names become names of containers, networks, volumes and Kubernetes objects.

use crate::deploy::derive::Common;
use crate::deploy::finding::Finding;
use crate::toml_file::Located;

/// With the longest member, container names stay below 63 letters.
pub(in crate::deploy) const LONGEST: usize = 30;
/// What other members are called.
pub(in crate::deploy) const RESERVED: [&str; 3] = ["frontend", "etcd", "nats"];

pub(super) fn check(common: &Common<'_>) -> Vec<Finding> {
    let file = common.file;
    let deployment = file.deployment.iter().map(|name| ("deployment", name));
    let workers = file.workers.iter().map(|(name, _)| ("worker", name));
    let services = file.services.iter().map(|(name, _)| ("service", name));
    let names = deployment.chain(workers).chain(services);
    let refused = names.filter_map(|(what, name)| refuse(what, name));
    let mut findings: Vec<_> = refused.collect();
    let workers = common.workers.iter().map(|worker| worker.name);
    let taken = workers.filter(|name| RESERVED.contains(&name.as_str()));
    findings.extend(taken.map(|Located { value: name, at }| {
        let message = format!("A worker cannot be called `{name}`, which other members are called");
        let hint = format!("Rename the table, for example to `[workers.{name}-worker]`");
        Finding::error(message).at(at).hint(hint)
    }));
    findings
}

/// Returns whether a name has no other letters than it may have.
pub(in crate::deploy) fn is_spelled(name: &str) -> bool {
    let valid = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let starts = name.starts_with(|c: char| c.is_ascii_lowercase());
    starts && name.chars().all(valid) && !name.ends_with('-')
}

fn refuse(what: &str, name: &Located<String>) -> Option<Finding> {
    let text = &name.value;
    let reason = match is_spelled(text) {
        true if text.len() <= LONGEST => return None,
        true => format!("it has more than {LONGEST} letters"),
        false => "it takes small letters, digits and `-`, and starts with a letter".to_owned(),
    };
    let message = format!("Invalid name of a {what} `{text}`: {reason}");
    let hint = format!("Rename it, for example to `{}`", suggestion(text));
    Some(Finding::error(message).at(&name.at).hint(hint))
}

fn suggestion(text: &str) -> String {
    let valid = |c: char| match c.to_ascii_lowercase() {
        c @ ('a'..='z' | '0'..='9') => c,
        _ => '-',
    };
    let name: String = text.chars().map(valid).take(LONGEST).collect();
    let name = name.trim_matches(|c: char| c == '-' || c.is_ascii_digit());
    if name.is_empty() {
        "qwen".to_owned()
    } else {
        name.to_owned()
    }
}
