//! The engine's create request, in the shape that docker's own command line sends.
//!
//! Field names and their order are those of the Engine API's `ContainerConfig`, `HostConfig` and
//! `NetworkingConfig`; values that equal the engine's zero value are left out, except the four
//! that docker always sends (`NetworkMode`, `RestartPolicy`, `MemorySwappiness`, the output
//! streams).

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::health::WireHealth;
use super::host_config::HostConfig;
use super::networking::NetworkingConfig;
use super::skip::is_false;
use crate::docker::checks::Stream;
use crate::launch::spec::{ContainerSpec, LaunchMode, Network, Process, Streams};

/// A set, which the API writes as `{"member": {}}`.
type Members = Map<String, Value>;

/// The body of `POST /containers/create`.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
#[expect(
    clippy::struct_excessive_bools,
    reason = "the Engine API has these fields, one boolean each"
)]
pub struct CreateRequest {
    #[serde(skip_serializing_if = "String::is_empty")]
    hostname: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    domainname: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    user: String,
    #[serde(skip_serializing_if = "is_false")]
    attach_stdin: bool,
    #[serde(skip_serializing_if = "is_false")]
    attach_stdout: bool,
    #[serde(skip_serializing_if = "is_false")]
    attach_stderr: bool,
    #[serde(skip_serializing_if = "Members::is_empty")]
    exposed_ports: Members,
    #[serde(skip_serializing_if = "is_false")]
    tty: bool,
    #[serde(skip_serializing_if = "is_false")]
    open_stdin: bool,
    #[serde(skip_serializing_if = "is_false")]
    stdin_once: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    env: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    cmd: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    healthcheck: Option<WireHealth>,
    #[serde(skip_serializing_if = "String::is_empty")]
    image: String,
    #[serde(skip_serializing_if = "Members::is_empty")]
    volumes: Members,
    #[serde(skip_serializing_if = "String::is_empty")]
    working_dir: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    entrypoint: Option<Vec<String>>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    labels: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "String::is_empty")]
    stop_signal: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    stop_timeout: Option<i64>,
    host_config: HostConfig,
    #[serde(skip_serializing_if = "NetworkingConfig::is_empty")]
    networking_config: NetworkingConfig,
}

impl From<&ContainerSpec> for CreateRequest {
    fn from(spec: &ContainerSpec) -> Self {
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
            groups: _,
            workdir,
            env,
            init: _,
            stop_signal,
            stop_timeout,
        } = process.clone();
        let attached = Attached::new(streams, launch);
        Self {
            hostname: network.hostname.clone().unwrap_or_default(),
            domainname: network.domainname.clone().unwrap_or_default(),
            user: user.unwrap_or_default(),
            attach_stdin: attached.stdin,
            attach_stdout: attached.stdout,
            attach_stderr: attached.stderr,
            exposed_ports: exposed(network),
            tty: streams.tty,
            open_stdin: streams.interactive,
            stdin_once: streams.interactive && attached.stdin,
            env: env.iter().map(ToString::to_string).collect(),
            cmd: command.clone(),
            healthcheck: WireHealth::new(health),
            image: image.clone(),
            volumes: members(storage.volumes.iter().cloned()),
            working_dir: workdir.unwrap_or_default(),
            entrypoint: entrypoint.map(|entrypoint| vec![entrypoint]),
            labels: labels.clone(),
            stop_signal: stop_signal.unwrap_or_default(),
            stop_timeout,
            host_config: HostConfig::new(spec),
            networking_config: NetworkingConfig::new(&network.attachments),
        }
    }
}

/// The streams that are connected from the start.
struct Attached {
    stdin: bool,
    stdout: bool,
    stderr: bool,
}

impl Attached {
    fn new(streams: &Streams, launch: &LaunchMode) -> Self {
        let named = &streams.attach;
        let wanted = |stream| match stream {
            // Docker connects the input by itself only where it connects everything.
            Stream::Stdin if named.is_empty() => streams.interactive,
            _ => named.is_empty() || named.contains(&stream),
        };
        let attached = !launch.detach;
        Self {
            stdin: attached && wanted(Stream::Stdin),
            stdout: attached && wanted(Stream::Stdout),
            stderr: attached && wanted(Stream::Stderr),
        }
    }
}

/// Published ports count as exposed.
fn exposed(network: &Network) -> Members {
    let published = network.published.iter().map(|mapping| mapping.container);
    let ports = network.exposed.iter().copied().chain(published);
    members(ports.map(|port| port.to_string()))
}

fn members(names: impl Iterator<Item = String>) -> Members {
    names.map(|name| (name, json!({}))).collect()
}
