//! Docker Compose: one file per machine.

use serde_json::{Map, Value, json};

use super::container::{self, Container, HOME};
use super::exported::Exported;
use super::machine::Machine;
use super::{health, yaml};
use crate::deploy::{Discovery, Gpus, Network};
use crate::redact::is_secret;

/// A flag that Compose has a key for, and Quadlet has not.
const FURTHER: &[&str] = &["security-opt"];

const RESTARTS: &str = "compose restarts members one by one, and not in order; the health check \
     waits until the model is served, not for a completion";

pub(super) fn export(machine: &Machine<'_>) -> Exported {
    let mut notes = vec![RESTARTS.to_owned()];
    let containers = machine.containers.iter();
    let services = containers.map(|container| {
        let service = service(machine, container, &mut notes);
        (container.member.name.clone(), service)
    });
    let services: Map<_, _> = services.collect();
    let mut file = json!({ "name": machine.deployment.name, "services": services });
    let mut add = |key: &str, entries: Map<String, Value>| {
        if !entries.is_empty() {
            file[key] = Value::Object(entries);
        }
    };
    add("networks", networks(machine));
    add("volumes", volumes(machine));
    add("secrets", secrets(machine));
    let name = match machine.name {
        Some(node) => format!("compose.{node}.yaml"),
        None => "compose.yaml".to_owned(),
    };
    Exported {
        files: vec![(name, yaml::write(&file))],
        notes,
    }
}

fn service(machine: &Machine<'_>, container: &Container<'_>, notes: &mut Vec<String>) -> Value {
    for flag in container.unrendered(FURTHER) {
        notes.push(format!("`--{flag}` is not exported"));
    }
    let list = |name: &str| container.values(name).map(literal).collect::<Vec<_>>();
    let mut service = json!({
        "image": container.image,
        "container_name": container.member.container(),
        "command": container.command.iter().map(|word| literal(word)).collect::<Vec<_>>(),
        "environment": environment(container, notes),
        "restart": machine.restart(),
    });
    let mut add = |key: &str, value: Value| {
        let is_empty = match &value {
            Value::Null => true,
            Value::Array(items) => items.is_empty(),
            Value::Object(fields) => fields.is_empty(),
            Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
        };
        if !is_empty {
            service[key] = value;
        }
    };
    add("ports", json!(list("publish")));
    add("volumes", json!(mounts(container)));
    add("gpus", gpus(container));
    add("devices", json!(list("device")));
    add("ipc", json!(container.value("ipc")));
    add("shm_size", json!(container.value("shm-size")));
    add("ulimits", json!(ulimits(container)));
    add("cap_add", json!(list("cap-add")));
    add("group_add", json!(list("group-add")));
    add("security_opt", json!(list("security-opt")));
    add("user", json!(container.value("user")));
    add("working_dir", json!(container.workdir()));
    let init = container.value("init").map(|on| on == "true");
    add("init", json!(init));
    let driver = container.value("log-driver");
    add(
        "logging",
        json!(driver.map(|driver| json!({ "driver": driver }))),
    );
    let grace = container.value("stop-timeout");
    add("stop_grace_period", json!(grace.map(|it| format!("{it}s"))));
    let secrets = container.secrets.iter().map(|secret| &secret.id);
    add("secrets", json!(secrets.collect::<Vec<_>>()));
    add("healthcheck", check(machine, container));
    add("depends_on", depends(machine, container));
    if machine.deployment.network == Network::Host {
        add("network_mode", json!("host"));
    }
    service
}

/// Compose replaces `$NAME` everywhere.
fn literal(text: &str) -> String {
    text.replace('$', "$$").replace(HOME, "${HOME}")
}

/// What looks like a secret is taken from the environment of whoever starts it.
fn environment(container: &Container<'_>, notes: &mut Vec<String>) -> Map<String, Value> {
    let mut variables = Map::new();
    for (name, value) in container.env() {
        let value = if is_secret(&name, &value) {
            notes.push(format!(
                "the value of `{name}` is left out: set it in the environment"
            ));
            format!("${{{name}:?}}")
        } else {
            literal(&value)
        };
        variables.insert(name, Value::String(value));
    }
    for (name, source) in &container.optional {
        notes.push(format!(
            "`{source}` is passed as the variable `{name}`, because a secret of Compose cannot be missing"
        ));
        variables.insert(name.clone(), Value::String(format!("${{{source}:-}}")));
    }
    variables
}

fn mounts(container: &Container<'_>) -> Vec<String> {
    let mut mounts: Vec<_> = container.values("volume").map(literal).collect();
    // The only mount of this kind is the volume for discovery.
    let has_mount = container.value("mount").is_some();
    mounts.extend(has_mount.then(|| format!("kv:{}", Discovery::DIRECTORY)));
    mounts
}

fn gpus(container: &Container<'_>) -> Value {
    let request = |gpus: &Gpus| json!([{ "driver": "nvidia", "device_ids": gpus.ids(), "capabilities": ["gpu"] }]);
    container.member.gpus.as_ref().map_or(Value::Null, request)
}

fn ulimits(container: &Container<'_>) -> Map<String, Value> {
    let limits = container.values("ulimit");
    let limits = limits.filter_map(|limit| limit.split_once('='));
    let limits = limits.map(|(name, limit)| {
        let number = |text: &str| text.parse::<i64>().map_or(json!(text), Value::from);
        let value = match limit.split_once(':') {
            Some((soft, hard)) => json!({ "soft": number(soft), "hard": number(hard) }),
            None => number(limit),
        };
        (name.to_owned(), value)
    });
    limits.collect()
}

fn check(machine: &Machine<'_>, container: &Container<'_>) -> Value {
    let Some(command) = health::command(container.member) else {
        return Value::Null;
    };
    let mut test = vec!["CMD".to_owned()];
    test.extend(command.iter().map(|word| literal(word)));
    json!({
        "test": test,
        "interval": "5s",
        "timeout": "10s",
        "start_period": format!("{}s", machine.deployment.ready.timeout.as_secs()),
    })
}

fn depends(machine: &Machine<'_>, container: &Container<'_>) -> Value {
    let needed = machine.needed_by(container).into_iter().map(|other| {
        let condition = match health::command(other.member) {
            Some(_) => "service_healthy",
            None => "service_started",
        };
        (other.member.name.clone(), json!({ "condition": condition }))
    });
    Value::Object(needed.collect())
}

fn networks(machine: &Machine<'_>) -> Map<String, Value> {
    let network = match &machine.deployment.network {
        Network::Host => return Map::new(),
        Network::Private(name) => json!({ "name": name }),
        Network::Named(name) => json!({ "name": name, "external": true }),
    };
    [("default".to_owned(), network)].into_iter().collect()
}

fn volumes(machine: &Machine<'_>) -> Map<String, Value> {
    let mut volumes = Map::new();
    if let Discovery::File { volume } = &machine.deployment.discovery {
        let options = Discovery::VOLUME_OPTIONS.map(|(key, value)| (key.to_owned(), json!(value)));
        let options: Map<_, _> = options.into_iter().collect();
        let kv = json!({ "name": volume, "driver": "local", "driver_opts": options });
        volumes.insert("kv".to_owned(), kv);
    }
    let containers = machine.containers.iter();
    let bound = containers.flat_map(|container| container.values("volume"));
    let named = bound.filter(|bound| !bound.starts_with(['/', '.']));
    for name in named.filter_map(|bound| bound.split(':').next()) {
        volumes.insert(name.to_owned(), json!({ "name": name }));
    }
    volumes
}

fn secrets(machine: &Machine<'_>) -> Map<String, Value> {
    let secrets = machine.secrets().map(|secret| {
        let (kind, source) = container::source(secret);
        (secret.id.clone(), json!({ kind: source }))
    });
    secrets.collect()
}
