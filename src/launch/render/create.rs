//! The engine's create request, in the shape that docker's own command line sends.
//!
//! Field names and their order are those of the Engine API's `ContainerConfig`, `HostConfig` and
//! `NetworkingConfig`; values that equal the engine's zero value are left out, except the four
//! that docker always sends (`NetworkMode`, `RestartPolicy`, `MemorySwappiness`, the output
//! streams).

use serde_json::{Map, Value, json};

use super::health::health_check;
use super::host_config::host_config;
use super::networking::networking_config;
use super::object::{Object, texts};
use crate::docker::checks::Stream;
use crate::launch::spec::{ContainerSpec, Network, Process};

/// Returns the body of `POST /containers/create`.
pub fn create_request(spec: &ContainerSpec) -> Value {
    // Every field is named, so that a new one cannot be forgotten here.
    let ContainerSpec {
        image,
        command,
        name: _, // a query parameter
        process,
        streams,
        health,
        labels,
        annotations: _, // in the host configuration
        resources: _,
        storage,
        network,
        isolation: _,
        keeping: _,
        launch,
    } = spec;
    let Process {
        entrypoint,
        user,
        groups: _, // in the host configuration
        workdir,
        env,
        init: _,
        stop_signal,
        stop_timeout,
    } = process;
    // The streams that are connected from the start.
    let is_attached = |stream| {
        let is_wanted = match stream {
            // Docker connects the input by itself only where it connects everything.
            Stream::Stdin if streams.attach.is_empty() => streams.interactive,
            _ => streams.attach.is_empty() || streams.attach.contains(&stream),
        };
        is_wanted && !launch.detach
    };
    let request = Object::default()
        .with("Hostname", &network.hostname)
        .with("Domainname", &network.domainname)
        .with("User", user)
        .with("AttachStdin", is_attached(Stream::Stdin))
        .with("AttachStdout", is_attached(Stream::Stdout))
        .with("AttachStderr", is_attached(Stream::Stderr))
        .with("ExposedPorts", exposed(network))
        .with("Tty", streams.tty)
        .with("OpenStdin", streams.interactive)
        .with(
            "StdinOnce",
            streams.interactive && is_attached(Stream::Stdin),
        )
        .with("Env", texts(env))
        .with("Cmd", command)
        .said("Healthcheck", health_check(health))
        .with("Image", image)
        .with("Volumes", members(storage.volumes.iter().cloned()))
        .with("WorkingDir", workdir)
        .said(
            "Entrypoint",
            entrypoint.as_ref().map(|entrypoint| [entrypoint]),
        )
        .with("Labels", labels)
        .with("StopSignal", stop_signal)
        .said("StopTimeout", *stop_timeout)
        .always("HostConfig", host_config(spec))
        .with("NetworkingConfig", networking_config(&network.attachments));
    json!(request)
}

/// Published ports count as exposed.
fn exposed(network: &Network) -> Map<String, Value> {
    let published = network.published.iter().map(|mapping| mapping.container);
    let ports = network.exposed.iter().copied().chain(published);
    members(ports.map(|port| port.to_string()))
}

/// Writes a set as `{"member": {}}`.
fn members(names: impl Iterator<Item = String>) -> Map<String, Value> {
    names.map(|name| (name, json!({}))).collect()
}
