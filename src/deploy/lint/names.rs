//! Names become names of containers, networks, volumes and Kubernetes objects.

use crate::deploy::derive::Common;
use crate::deploy::finding::Finding;
use crate::toml_file::Located;

/// With the longest member, container names stay below 63 letters.
const LONGEST: usize = 30;

pub(super) fn check(common: &Common<'_>) -> Vec<Finding> {
    let file = common.file;
    let deployment = file.deployment.iter().map(|name| ("deployment", name));
    let workers = file.workers.iter().map(|(name, _)| ("worker", name));
    let services = file.services.iter().map(|(name, _)| ("service", name));
    let names = deployment.chain(workers).chain(services);
    let mut findings: Vec<_> = names
        .filter_map(|(what, name)| refuse(what, name))
        .collect();
    let reserved = ["frontend", "etcd", "nats"];
    let taken = common
        .workers
        .iter()
        .filter(|worker| reserved.contains(&worker.name.as_str()));
    findings.extend(taken.map(|worker| {
        let name = &worker.name.value;
        Finding::error(format!(
            "A worker cannot be called `{name}`, which other members are called"
        ))
        .at(&worker.name.at)
        .hint(format!(
            "Rename the table, for example to `[workers.{name}-worker]`"
        ))
    }));
    findings
}

fn refuse(what: &str, name: &Located<String>) -> Option<Finding> {
    let text = &name.value;
    let valid = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let starts = text.starts_with(|c: char| c.is_ascii_lowercase());
    let is_name = starts && text.chars().all(valid) && !text.ends_with('-');
    let reason = match is_name {
        true if text.len() <= LONGEST => return None,
        true => format!("it has more than {LONGEST} letters"),
        false => "it takes small letters, digits and `-`, and starts with a letter".to_owned(),
    };
    let finding = Finding::error(format!("Invalid name of a {what} `{text}`: {reason}"));
    Some(
        finding
            .at(&name.at)
            .hint(format!("Rename it, for example to `{}`", suggestion(text))),
    )
}

fn suggestion(text: &str) -> String {
    let valid = |c: char| {
        if c.is_ascii_alphanumeric() {
            c.to_ascii_lowercase()
        } else {
            '-'
        }
    };
    let name: String = text.chars().map(valid).take(LONGEST).collect();
    let name = name.trim_matches(|c: char| c == '-' || c.is_ascii_digit());
    if name.is_empty() {
        "qwen".to_owned()
    } else {
        name.to_owned()
    }
}
