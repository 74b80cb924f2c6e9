//! What names something else in the file must find it.

use crate::deploy::derive::Common;
use crate::deploy::finding::Finding;
use crate::deploy::network::Discovery;
use crate::docker::host::Host;
use crate::suggest::closest;
use crate::toml_file::{Located, Table};

pub(super) fn check(common: &Common<'_>) -> Vec<Finding> {
    let mut findings = machines(common);
    findings.extend(shares(common));
    findings.extend(placements(common));
    findings.extend(services(common));
    findings.extend(engines(common));
    findings
}

fn machines(common: &Common<'_>) -> Vec<Finding> {
    let file = common.file;
    let workers = file.workers.iter().map(|(_, worker)| &worker.on);
    let services = file.services.iter().map(|(_, service)| &service.on);
    let named = workers.chain(services).chain([&file.frontend.on]);
    let named = named.flatten().flatten();
    let unknown = named.filter_map(|name| unknown("machine", name, &file.nodes, "[nodes]"));
    let lost = file.nodes.iter().filter(|(_, node)| node.address.is_none());
    let lost = lost.map(|(name, _)| {
        let message = format!("`nodes.{}` has no `address`", name.value);
        let hint = "Add the address at which the other machines reach it";
        Finding::error(message).at(&name.at).hint(hint)
    });
    unknown.chain(lost).collect()
}

/// Reports a name that a table does not have.
fn unknown<T>(
    what: &str,
    name: &Located<String>,
    table: &Table<T>,
    title: &str,
) -> Option<Finding> {
    if table.contains(&name.value) {
        return None;
    }
    let hint = match closest(&name.value, table.names()) {
        Some(similar) => format!("Did you mean `{similar}`?"),
        None => format!("Add `{}` to `{title}`", name.value),
    };
    let message = format!("Unknown {what} `{}`", name.value);
    Some(Finding::error(message).at(&name.at).hint(hint))
}

fn shares(common: &Common<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for worker in &common.workers {
        let Some(share) = &worker.table.share else {
            continue;
        };
        let name = &worker.name.value;
        findings.extend(unknown("worker", share, &common.file.workers, "[workers]"));
        if share.value == *name {
            let message = format!("`workers.{name}` shares the GPUs of itself");
            let finding = Finding::error(message).at(&share.at);
            findings.push(finding.hint("Name another worker"));
        }
        let mut others = common.workers.iter();
        let owner = others.find(|other| other.name.value == share.value);
        for sharing in [Some(worker), owner].into_iter().flatten() {
            if sharing.table.memory.is_none() && !common.started().is_mocker() {
                let name = &sharing.name.value;
                let message = format!(
                    "`workers.{name}` shares its GPUs, but does not say how much `memory` it takes"
                );
                let hint = format!("Add `memory = \"0.4\"` to `[workers.{name}]`");
                findings.push(Finding::error(message).at(&share.at).hint(hint));
            }
        }
    }
    findings
}

fn placements(common: &Common<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for worker in &common.workers {
        let name = &worker.name.value;
        if worker.nodes > 1 && common.nodes.is_empty() {
            let message = format!(
                "A replica of `workers.{name}` takes {} machines, but the file has no `[nodes]`",
                worker.nodes
            );
            let hint = "Add a table `[nodes.NAME]` with `address` and `gpus` for each machine";
            findings.push(Finding::error(message).at(&worker.name.at).hint(hint));
        }
        if let Some(ids) = &worker.table.gpu_ids
            && ids.len() != worker.replicas as usize
            && let Some(first) = ids.first()
        {
            let (count, replicas) = (ids.len(), worker.replicas);
            let message =
                format!("`workers.{name}.gpu-ids` has {count} entries for {replicas} replicas");
            let hint = "Write one text per replica, such as `[\"0,1\", \"2,3\"]`";
            findings.push(Finding::error(message).at(&first.at).hint(hint));
        }
    }
    findings
}

/// Engines are told apart by what is written, and each has one part of the deployment.
fn engines(common: &Common<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut known: Vec<(&str, &str)> = Vec::new();
    for (name, node) in common.file.nodes.iter() {
        let (name, Some(engine)) = (name.value.as_str(), &node.engine) else {
            continue;
        };
        let other = known.iter().find(|(_, other)| *other == engine.value);
        // As a variable, an empty one would stand for the engine of this machine.
        let refusal = match engine.value.trim() {
            "" => Some("it names no engine".to_owned()),
            value => value.parse::<Host>().err().map(|error| error.to_string()),
        };
        if let Some(reason) = refusal {
            let message = format!("Invalid `nodes.{name}.engine`: {reason}");
            let hint = "Write it as in `DOCKER_HOST`, for example `ssh://d0`";
            findings.push(Finding::error(message).at(&engine.at).hint(hint));
        } else if let Some((other, _)) = other {
            let message = format!("`nodes.{name}` has the engine of `nodes.{other}`");
            let hint = "Make one machine of both, or name another engine";
            findings.push(Finding::error(message).at(&engine.at).hint(hint));
        }
        known.push((name, &engine.value));
    }
    findings
}

fn services(common: &Common<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (name, service) in common.file.services.iter() {
        let (is_used, user) = match name.value.as_str() {
            "etcd" => {
                let is_used = matches!(common.discovery, Discovery::Etcd { .. });
                (is_used, "discovery = \"etcd\"")
            }
            "nats" => (common.nats.is_some(), "request-plane = \"nats\""),
            _ => (true, ""),
        };
        if !is_used {
            let hint = format!("Add `{user}`, or remove the table");
            let message = format!("Nothing uses `[services.{}]`", name.value);
            findings.push(Finding::warning(message).at(&name.at).hint(hint));
        }
        if !["etcd", "nats"].contains(&name.value.as_str()) && service.image.is_none() {
            let message = format!("`services.{}` has no `image`", name.value);
            let hint = "Add `image = \"NAME:TAG\"`";
            findings.push(Finding::error(message).at(&name.at).hint(hint));
        }
        let several = service.replicas.as_ref().filter(|it| it.value > 1);
        if let Some(replicas) = several.filter(|_| name.value == "nats") {
            let message = "Several instances of NATS would not know each other";
            let hint = "Remove `replicas`, or name a cluster: `external = [\"nats://HOST:4222\"]`";
            findings.push(Finding::error(message).at(&replicas.at).hint(hint));
        }
    }
    findings
}
