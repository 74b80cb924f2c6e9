//! Compose files: services become parts.

use std::rc::Rc;
use std::sync::Arc;

use super::draft::text;
use super::input::{Format, Input};
use super::part::{InputGpus, InputVariable, Part};
use super::yaml::{Node, Value};
use crate::docker::path::clean;
use crate::problem::{Problem, ProblemKind};
use crate::toml_file::{Located, SourceFile};

/// Reads one file. `machine` is that of its name, `compose.MACHINE.yaml`.
pub(super) fn read(root: &Node, file: &Arc<SourceFile>, input: &mut Input) {
    input.format = Format::Compose;
    let machine = machine(&file.name);
    for (key, node) in root.entries() {
        match key.value.as_str() {
            "name" => input.name = node.located(),
            "services" => services(node, machine.as_deref(), input),
            "secrets" => secrets(node, input),
            "networks" => networks(node, input),
            // Those that are used are named by the services.
            "volumes" | "version" => {}
            key if key.starts_with("x-") => {}
            other => input.notes.lost(&key.at, format!("`{other}`")),
        }
    }
}

/// Returns the machine that a file of `dynrun export` is for.
fn machine(name: &str) -> Option<String> {
    let file = name.rsplit('/').next()?;
    let file = file.strip_suffix(".yaml").or(file.strip_suffix(".yml"))?;
    file.strip_prefix("compose.").map(str::to_owned)
}

fn services(node: &Node, machine: Option<&str>, input: &mut Input) {
    if !matches!(node.value, Value::Map(_)) {
        let message = format!("`services` is {}, but must be a mapping", node.kind());
        input
            .problems
            .push(Problem::new(ProblemKind::Usage, message).excerpt(node.at.excerpt("here")));
    }
    for (name, node) in node.entries() {
        let mut part = Part::new(name.clone());
        part.machine = machine.map(str::to_owned);
        service(node, &mut part, input);
        input.parts.push(part);
    }
}

fn service(node: &Node, part: &mut Part, input: &mut Input) {
    part.image = node.get("image").and_then(|image| input.resolved(image));
    if let Some(env) = node.get("environment") {
        part.env = environment(env, input);
    }
    let mut words = Vec::new();
    for key in ["entrypoint", "command"] {
        if let Some(node) = node.get(key) {
            words.extend(command(key, node, input));
        }
    }
    part.set_command(words, &mut input.notes);
    for (key, node) in node.entries() {
        match key.value.as_str() {
            "image" | "environment" | "command" | "entrypoint" => {}
            "ports" => part.publish = list(node, input),
            "gpus" => part.gpus = gpus(node),
            "deploy" => deploy(node, part),
            "shm_size" | "ipc" | "working_dir" => {
                let name = match key.value.as_str() {
                    "shm_size" => "shm-size",
                    "ipc" => "ipc",
                    _ => "workdir",
                };
                let value = input.resolved(node).map(|value| value.map(|it| text(&it)));
                part.run.extend(value.map(|value| (name, value)));
            }
            "init" => part.run.extend(node.located().map(|on| ("init", on))),
            "ulimits" => part.run.push(("ulimits", ulimits(node))),
            "cap_add" => {
                let added: Vec<_> = list(node, input)
                    .iter()
                    .map(|cap| text(&cap.value))
                    .collect();
                let value = format!("[{}]", added.join(", "));
                let at = node.at.clone();
                part.run.push(("cap-add", Located { value, at }));
            }
            "volumes" => {
                part.binds = binds(node, input);
                part.remember(&key.value, node);
            }
            "network_mode" => input.set_network_mode(node),
            "stop_grace_period" => {
                input.grace = input.grace.take().or_else(|| node.located());
                part.remember(&key.value, node);
            }
            "healthcheck" => healthcheck(node, part, input),
            // A supervisor restarts members, in order.
            "restart" if node.text() != Some("no") => {}
            other => part.remember(other, node),
        }
    }
}

/// Remembers the command and the time of a check; the rest is how often it is done.
fn healthcheck(node: &Node, part: &mut Part, input: &mut Input) {
    let start = node.get("start_period").and_then(Node::located);
    input
        .starts
        .extend(start.map(|start| (part.name.value.clone(), start)));
    part.remember("healthcheck", node.get("test").unwrap_or(node));
}

fn environment(node: &Node, input: &mut Input) -> Vec<InputVariable> {
    let pairs: Vec<(Located<String>, Option<Rc<Node>>)> = match &node.value {
        Value::Map(entries) => entries
            .iter()
            .map(|(name, value)| (name.clone(), Some(Rc::clone(value))))
            .collect(),
        Value::List(items) => items
            .iter()
            .filter_map(|item| Some((item.located()?, None)))
            .collect(),
        Value::Null => Vec::new(),
        Value::Text(_) => {
            input.mistake(node, "environment", "a mapping or a list");
            Vec::new()
        }
    };
    let mut variables = Vec::new();
    for (name, value) in pairs {
        let (name, value) = match value {
            Some(node) => (name, node.text().map(str::to_owned)),
            None => match name.value.clone().split_once('=') {
                Some((left, right)) => (name.map(|_| left.to_owned()), Some(right.to_owned())),
                None => (name, None),
            },
        };
        variables.extend(input.variable(name, value));
    }
    variables
}

/// Returns the words of a command, which Compose splits as a shell does.
fn command(key: &str, node: &Node, input: &mut Input) -> Vec<Located<String>> {
    match &node.value {
        Value::List(_) => list(node, input),
        Value::Text(_) => {
            let Some(command) = input.resolved(node) else {
                return Vec::new();
            };
            let Ok(words) = shell_words::split(&command.value) else {
                input.mistake(node, key, "a command whose quotes are closed");
                return Vec::new();
            };
            let at = command.at;
            let place = |value| Located {
                value,
                at: at.clone(),
            };
            words.into_iter().map(place).collect()
        }
        Value::Null => Vec::new(),
        Value::Map(_) => {
            input.mistake(node, key, "a text or a list");
            Vec::new()
        }
    }
}

fn list(node: &Node, input: &mut Input) -> Vec<Located<String>> {
    node.items()
        .iter()
        .filter_map(|item| input.resolved(item))
        .collect()
}

/// Returns the directories of the machine that are mounted, and where.
fn binds(node: &Node, input: &mut Input) -> Vec<(String, String)> {
    let bind = |item: &Rc<Node>| {
        let key = |name: &str| item.get(name)?.text().map(str::to_owned);
        let (source, target) = match input.resolved(item) {
            Some(short) => {
                let (source, rest) = short.value.split_once(':')?;
                (source.to_owned(), rest.split(':').next()?.to_owned())
            }
            None => (key("source")?, key("target")?),
        };
        let is_directory = source.starts_with('/') || source.starts_with("~/");
        is_directory.then(|| (clean(&source), clean(&target)))
    };
    node.items().iter().filter_map(bind).collect()
}

/// Reads `gpus: all`, or a list of requests.
fn gpus(node: &Node) -> InputGpus {
    let mut gpus = InputGpus::default();
    for request in node.items() {
        if let Some(ids) = request.get("device_ids") {
            gpus.ids.extend(
                ids.items()
                    .iter()
                    .filter_map(|id| id.text().map(str::to_owned)),
            );
        }
        let count = request.get("count").and_then(Node::number);
        gpus.count = gpus.count.or(count);
    }
    if !gpus.ids.is_empty() {
        gpus.count = u32::try_from(gpus.ids.len()).ok();
    }
    gpus
}

fn deploy(node: &Node, part: &mut Part) {
    if let Some(replicas) = node.get("replicas").and_then(Node::number) {
        part.replicas = replicas;
    }
    if let Some(devices) = node.path(&["resources", "reservations", "devices"]) {
        part.gpus = gpus(devices);
    }
}

fn ulimits(node: &Node) -> Located<String> {
    let limit = |(name, node): &(Located<String>, Rc<Node>)| {
        let name = &name.value;
        let part = |key| node.text_of(key).unwrap_or("-1");
        let limit = match node.text() {
            Some(limit) => limit.to_owned(),
            None => format!("{}:{}", part("soft"), part("hard")),
        };
        text(&format!("{name}={limit}"))
    };
    let limits: Vec<_> = node.entries().iter().map(limit).collect();
    Located {
        value: format!("[{}]", limits.join(", ")),
        at: node.at.clone(),
    }
}

fn secrets(node: &Node, input: &mut Input) {
    for (name, node) in node.entries() {
        let variable = node.text_of("environment").map(|it| format!("env:{it}"));
        let file = node.text_of("file").map(|path| format!("file:{path}"));
        if let Some(source) = variable.or(file) {
            let variable = name.value.to_uppercase().replace('-', "_");
            input.secrets.push((variable, source));
        } else {
            let secret = format!("the secret `{}`", name.value);
            input.notes.lost(&name.at, secret);
        }
    }
}

/// A network that exists is named; others are made by dynrun.
fn networks(node: &Node, input: &mut Input) {
    let default = node.get("default");
    let is_external = default
        .and_then(|it| it.get("external"))
        .and_then(Node::text)
        == Some("true");
    let name = default
        .and_then(|it| it.get("name"))
        .and_then(Node::located);
    if let Some(name) = name.filter(|_| is_external) {
        input.network = Some(name.value);
    }
}
