//! What the engine says of containers.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::id::{id, short_id};

/// What the engine knows of a container.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ContainerFacts {
    /// The id, 64 digits.
    #[serde(deserialize_with = "id")]
    pub id: String,
    /// The name, with a leading slash.
    pub name: String,
    /// What it does.
    pub state: ContainerState,
    /// What it was made of.
    pub config: ContainerConfig,
    /// What the host gives it.
    pub host_config: ContainerHost,
    /// How it is reached.
    #[serde(default)]
    pub network_settings: NetworkFacts,
}

/// What a container does.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct ContainerState {
    /// `created`, `running`, `exited`, `removing`, ...
    pub status: String,
    /// Whether its process runs.
    pub running: bool,
    /// Whether the kernel killed a process of it for want of memory.
    #[serde(rename = "OOMKilled")]
    pub oom_killed: bool,
    /// The process's number, as the engine sees it.
    pub pid: i64,
    /// How it ended.
    pub exit_code: i64,
    /// What prevented it from starting.
    pub error: String,
}

/// The part of a container's configuration that we look at.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct ContainerConfig {
    /// Whether it has a terminal.
    pub tty: bool,
    /// Whether its input is open.
    pub open_stdin: bool,
    /// The image as it was named.
    pub image: String,
    /// The user; empty for root.
    pub user: String,
    /// Labels.
    pub labels: Option<BTreeMap<String, String>>,
    /// The environment.
    pub env: Option<Vec<String>>,
    /// What the command is given to.
    pub entrypoint: Option<Vec<String>>,
    /// The command.
    pub cmd: Option<Vec<String>>,
}

/// The part of a container's host configuration that we look at.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct ContainerHost {
    /// Whether it is removed when it ends.
    pub auto_remove: bool,
    /// `host`, `bridge`, ...
    pub network_mode: String,
    /// Its hard limit of memory in bytes; 0 for none.
    pub memory: i64,
    /// Devices that drivers of the engine provide.
    pub device_requests: Option<Vec<RequestedDevices>>,
}

/// Devices that a container was given.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct RequestedDevices {
    /// How many of the driver's choice, without ids; all of them if it is negative.
    pub count: i64,
    /// What they are for, for example `gpu`: sets of which one has to hold.
    pub capabilities: Option<Vec<Vec<String>>>,
    /// Their ids, where they were named.
    #[serde(rename = "DeviceIDs")]
    pub device_ids: Option<Vec<String>>,
}

/// How a container is reached.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct NetworkFacts {
    /// Where its ports are published, by `port/protocol`.
    pub ports: Option<BTreeMap<String, Option<Vec<PublishedPort>>>>,
    /// Its places in networks, by their names.
    pub networks: BTreeMap<String, NetworkPlace>,
}

/// A container's place in a network.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct NetworkPlace {
    /// The address; empty on the host's network.
    #[serde(rename = "IPAddress")]
    pub ip_address: String,
}

/// A port of the host that leads into a container.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct PublishedPort {
    /// The address that it listens on.
    pub host_ip: String,
    /// The port.
    pub host_port: String,
}

/// What a list of containers is limited to: values by the name of the filter.
pub type Filters = BTreeMap<String, Vec<String>>;

/// A container in a list.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ContainerLine {
    /// The id, 64 digits.
    #[serde(deserialize_with = "id")]
    pub id: String,
    /// The names, each with a leading slash.
    #[serde(default)]
    pub names: Vec<String>,
    /// The image as it was named.
    #[serde(default)]
    pub image: String,
    /// The command in one line.
    #[serde(default)]
    pub command: String,
    /// When it was made, in seconds since 1970.
    #[serde(default)]
    pub created: i64,
    /// `running`, `exited`, ...
    #[serde(default)]
    pub state: String,
    /// `Up 3 minutes`, ...
    #[serde(default)]
    pub status: String,
    /// Labels.
    #[serde(default)]
    pub labels: BTreeMap<String, String>,
    /// Ports that it listens on, and those of the host that lead there.
    #[serde(default)]
    pub ports: Vec<ListedPort>,
    /// What is mounted in it.
    #[serde(default)]
    pub mounts: Vec<ListedMount>,
    /// How it is reached.
    #[serde(default)]
    pub network_settings: ListedNetworks,
}

/// A port in a list of containers.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq, PartialOrd, Ord)]
#[serde(rename_all = "PascalCase", default)]
pub struct ListedPort {
    /// The port in the container.
    pub private_port: u16,
    /// `tcp`, `udp` or `sctp`.
    pub r#type: String,
    /// The address of the host that leads there.
    #[serde(rename = "IP")]
    pub ip: Option<String>,
    /// The port of the host that leads there.
    pub public_port: Option<u16>,
}

/// A mount in a list of containers.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct ListedMount {
    /// `bind`, `volume`, ...
    pub r#type: String,
    /// The volume's name.
    pub name: String,
    /// The directory of the host.
    pub source: String,
}

/// The networks in a list of containers.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct ListedNetworks {
    /// By name.
    pub networks: BTreeMap<String, Value>,
}

impl ContainerLine {
    /// Returns the name, or the short id of a container without one.
    pub fn name(&self) -> &str {
        let first = self.names.first().map(|name| name.trim_start_matches('/'));
        first.unwrap_or_else(|| short_id(&self.id))
    }
}
