//! Keys without which nothing can be derived, and values that are text with a grammar.

use std::time::Duration;

use crate::deploy::file::{DeploymentFile, Written as _};
use crate::deploy::finding::Finding;
use crate::docker::duration::GoDuration;
use crate::toml_file::{Located, Location};

/// The most members that etcd's own documents advise is 7.
const MOST_INSTANCES: u32 = 9;

/// What must be there.
pub(super) struct Essentials<'a> {
    pub(super) name: &'a str,
    pub(super) model: &'a str,
}

impl<'a> Essentials<'a> {
    pub(super) fn of(file: &'a DeploymentFile, findings: &mut Vec<Finding>) -> Option<Self> {
        let place = anywhere(file);
        let mut lacks = |what: &str, missing: &str| {
            let finding = Finding::error(format!("The deployment has no {what}"));
            let finding = finding.at_maybe(place.as_ref());
            findings.push(finding.hint(format!("Add {missing}")));
        };
        let mut require = |key: &str, value: &'a Option<Located<String>>, example: &str| {
            if value.is_none() {
                lacks(&format!("`{key}`"), &format!("`{example}`"));
            }
            value.text()
        };
        let name = require("deployment", &file.deployment, "deployment = \"NAME\"");
        require("framework", &file.framework, "framework = \"vllm\"");
        let model = require("model", &file.model, "model = \"Qwen/Qwen3-0.6B\"");
        if file.schema.is_none() {
            lacks("`schema`", "`schema = 1`");
        }
        if file.workers.is_empty() {
            lacks("workers", "a table `[workers.agg]`");
        }
        if let Some(finding) = too_many_instances(file) {
            findings.push(finding);
            return None;
        }
        Some(Self {
            name: name?,
            model: model?,
        })
    }
}

/// The addresses of all of them are in the environment of every member.
fn too_many_instances(file: &DeploymentFile) -> Option<Finding> {
    let services = file.services.iter();
    let mut counts =
        services.filter_map(|(name, service)| Some((name, service.replicas.as_ref()?)));
    let (name, replicas) = counts.find(|(_, replicas)| replicas.value > MOST_INSTANCES)?;
    let name = &name.value;
    let message = format!(
        "{} replicas of `services.{name}` are more than {MOST_INSTANCES}",
        replicas.value
    );
    let hint = "Write `replicas = 3`: more members of etcd agree more slowly";
    Some(Finding::error(message).at(&replicas.at).hint(hint))
}

/// Any place of the file, so that an error about what is missing can name it.
fn anywhere(file: &DeploymentFile) -> Option<Location> {
    let text = [&file.deployment, &file.framework, &file.model];
    let text = text.into_iter().flatten().map(|key| &key.at);
    let schema = file.schema.iter().map(|key| &key.at);
    let workers = file.workers.iter().map(|(name, _)| &name.at);
    text.chain(schema).chain(workers).next().cloned()
}

/// Reads a duration such as `60s`.
pub(super) fn duration(
    key: &str,
    written: Option<&Located<String>>,
    default: Duration,
    findings: &mut Vec<Finding>,
) -> Duration {
    let Some(written) = written else {
        return default;
    };
    let parsed = written.value.parse::<GoDuration>().ok();
    let nanos = parsed.and_then(|duration| u64::try_from(duration.get()).ok());
    nanos.map_or_else(
        || {
            let message = format!("Invalid value `{}` for `{key}`: not a time", written.value);
            let hint = format!("Write a time such as `{key} = \"90s\"`");
            findings.push(Finding::error(message).at(&written.at).hint(hint));
            default
        },
        Duration::from_nanos,
    )
}
