//! Quadlet: units of systemd that podman runs.

use super::container::{self, Container, HOME};
use super::exported::Exported;
use super::health;
use super::machine::Machine;
use crate::deploy::file::RestartPolicy;
use crate::deploy::{Discovery, Gpus, Network};
use crate::redact::is_secret;

const NOTE: &str = "systemd starts members again one by one; \
     GPUs are CDI devices (`nvidia-ctk cdi generate` makes them)";

pub(super) fn export(machine: &Machine<'_>) -> Exported {
    let mut notes = vec![NOTE.to_owned()];
    let directory = machine.name.map(|name| format!("{name}/"));
    let directory = directory.unwrap_or_default();
    let mut files = shared(machine);
    for container in &machine.containers {
        let name = format!("{}.container", container.member.container());
        files.push((name, unit(machine, container, &mut notes)));
    }
    for secret in machine.secrets() {
        let (kind, source) = container::source(secret);
        let make = match kind {
            "environment" => format!("podman secret create --env {} {source}", secret.id),
            _ => format!("podman secret create {} {source}", secret.id),
        };
        notes.push(format!("make the secret first: `{make}`"));
    }
    let files = files
        .into_iter()
        .map(|(name, text)| (format!("{directory}{name}"), text));
    Exported {
        files: files.collect(),
        notes,
    }
}

/// The network and the volume for discovery.
fn shared(machine: &Machine<'_>) -> Vec<(String, String)> {
    let mut files = Vec::new();
    if let Network::Private(name) = &machine.deployment.network {
        let text = format!("[Network]\nNetworkName={name}\n");
        files.push((format!("{name}.network"), text));
    }
    if let Discovery::File { volume } = &machine.deployment.discovery {
        let options = Discovery::VOLUME_OPTIONS.map(|(key, value)| match key {
            "type" => format!("Type={value}\n"),
            "device" => format!("Device={value}\n"),
            _ => format!("Options={value}\n"),
        });
        let options = options.concat();
        let text = format!("[Volume]\nVolumeName={volume}\n{options}");
        files.push((format!("{volume}.volume"), text));
    }
    files
}

fn unit(machine: &Machine<'_>, container: &Container<'_>, notes: &mut Vec<String>) -> String {
    for flag in container.unrendered(&[]) {
        notes.push(format!("`--{flag}` is not exported"));
    }
    let deployment = machine.deployment;
    let member = container.member;
    let mut lines = vec!["[Unit]".to_owned()];
    let title = format!("{} of the deployment {}", member.name, deployment.name);
    lines.push(format!("Description={title}"));
    for needed in machine.needed_by(container) {
        let service = format!("{}.service", needed.member.container());
        lines.extend([format!("Requires={service}"), format!("After={service}")]);
    }
    lines.extend([String::new(), "[Container]".to_owned()]);
    lines.extend(settings(machine, container, notes));
    let start = deployment.ready.timeout.as_secs();
    let stop = deployment.grace.as_secs() + 15;
    let restart = match machine.deployment.restart {
        RestartPolicy::Supervise => "always",
        RestartPolicy::Never => "no",
    };
    format!(
        "{}\n\n[Service]\nRestart={restart}\nTimeoutStartSec={start}\nTimeoutStopSec={stop}\n\n\
         [Install]\nWantedBy=default.target\n",
        lines.join("\n")
    )
}

fn settings(
    machine: &Machine<'_>,
    container: &Container<'_>,
    notes: &mut Vec<String>,
) -> Vec<String> {
    let member = container.member;
    let mut lines = vec![
        format!("ContainerName={}", member.container()),
        format!("Image={}", container.image),
    ];
    if !container.command.is_empty() {
        lines.push(format!("Exec={}", all_quoted(&container.command)));
    }
    for (name, value) in container.env() {
        if is_secret(&name, &value) {
            notes.push(format!(
                "the value of `{name}` is left out: use a secret of podman"
            ));
        } else {
            let assignment = quoted(&format!("{name}={value}"));
            lines.push(format!("Environment={assignment}"));
        }
    }
    lines.push(match &machine.deployment.network {
        Network::Host => "Network=host".to_owned(),
        Network::Private(name) => format!("Network={name}.network"),
        Network::Named(name) => format!("Network={name}"),
    });
    lines.extend(each(container, "publish", "PublishPort"));
    lines.extend(volumes(machine, container));
    let gpus = member.gpus.iter().flat_map(Gpus::ids);
    lines.extend(gpus.map(|id| format!("AddDevice=nvidia.com/gpu={id}")));
    lines.extend(each(container, "device", "AddDevice"));
    lines.extend(limits(container));
    for (name, _) in &container.optional {
        notes.push(format!(
            "the secret `{name}`, which may be missing, is left out: make one and add `Secret=`"
        ));
    }
    for secret in &container.secrets {
        let (id, target) = (&secret.id, secret.target());
        lines.push(format!("Secret={id},type=mount,target={target}"));
    }
    if let Some(command) = health::command(member) {
        lines.push(format!("HealthCmd={}", all_quoted(&command)));
        lines.extend(["HealthInterval=5s", "Notify=healthy"].map(str::to_owned));
    }
    lines
}

fn volumes(machine: &Machine<'_>, container: &Container<'_>) -> Vec<String> {
    let mut lines: Vec<_> = container
        .values("volume")
        .map(|volume| format!("Volume={}", volume.replace(HOME, "%h")))
        .collect();
    if let (Discovery::File { volume }, Some(_)) =
        (&machine.deployment.discovery, container.value("mount"))
    {
        lines.push(format!("Volume={volume}.volume:{}", Discovery::DIRECTORY));
    }
    lines
}

fn limits(container: &Container<'_>) -> Vec<String> {
    let mut lines = Vec::new();
    let single = [
        ("shm-size", "ShmSize"),
        ("stop-timeout", "StopTimeout"),
        ("user", "User"),
        ("log-driver", "LogDriver"),
    ];
    for (flag, key) in single {
        // Docker's own driver is unknown to podman.
        let value = container.value(flag).filter(|value| *value != "local");
        lines.extend(value.map(|value| format!("{key}={value}")));
    }
    let workdir = container.workdir();
    lines.extend(workdir.map(|workdir| format!("WorkingDir={workdir}")));
    lines.extend(each(container, "ulimit", "Ulimit"));
    lines.extend(each(container, "cap-add", "AddCapability"));
    lines.extend(each(container, "group-add", "GroupAdd"));
    if container.value("init") == Some("true") {
        lines.push("RunInit=true".to_owned());
    }
    let ipc = container.value("ipc");
    lines.extend(ipc.map(|ipc| format!("PodmanArgs=--ipc={ipc}")));
    lines
}

/// Returns a line for each value of a flag.
fn each(container: &Container<'_>, flag: &str, key: &str) -> Vec<String> {
    let values = container.values(flag);
    values.map(|value| format!("{key}={value}")).collect()
}

fn all_quoted(words: &[String]) -> String {
    let words: Vec<_> = words.iter().map(|word| quoted(word)).collect();
    words.join(" ")
}

/// Quotes a word as systemd reads it: `%` begins a specifier, and `$` a variable.
fn quoted(word: &str) -> String {
    let word = word.replace('%', "%%").replace('$', "$$");
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=,@+%".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word;
    }
    format!("\"{}\"", word.replace('\\', "\\\\").replace('"', "\\\""))
}
