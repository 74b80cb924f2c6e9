//! A specification while flags are applied to it.

use crate::docker::env::EnvVar;
use crate::docker::gpus::DeviceRequest;
use crate::docker::network::NetworkAttachment;
use crate::launch::facts::HostFacts;
use crate::launch::spec::ContainerSpec;

/// The specification so far, and what can only be filed when all flags are known.
#[derive(Debug)]
pub struct Draft<'a> {
    /// The specification so far.
    pub spec: ContainerSpec,
    /// The environment and working directory that values refer to.
    pub host: &'a HostFacts,
    pub(super) env: Vec<EnvVar>,
    pub(super) env_of_files: Vec<EnvVar>,
    pub(super) labels: Vec<(String, String)>,
    pub(super) labels_of_files: Vec<(String, String)>,
    pub(super) cdi_devices: Vec<String>,
    pub(super) first_network: NetworkAttachment,
}

/// Two flags that exclude each other.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Conflict {
    /// A container that is removed cannot be restarted.
    #[error("`--rm` and `--restart` exclude each other")]
    RemovedAndRestarted,
    /// A check that is switched off cannot be shaped.
    #[error("`--no-healthcheck` and `--health-*` exclude each other")]
    NoHealthcheck,
    /// The driver `none` has no options.
    #[error("`--log-opt` and `--log-driver none` exclude each other")]
    LogOptions,
    /// A container without terminal cannot be in the background and connected.
    #[error("`--attach` and `--detach` exclude each other")]
    AttachedAndDetached,
    /// Modes such as `host` cannot be combined with networks.
    #[error("`--network {0}` cannot be combined with another network")]
    NetworkMode(String),
}

impl<'a> Draft<'a> {
    /// Starts with nothing set.
    pub fn new(host: &'a HostFacts) -> Self {
        Self {
            spec: ContainerSpec::default(),
            host,
            env: Vec::new(),
            env_of_files: Vec::new(),
            labels: Vec::new(),
            labels_of_files: Vec::new(),
            cdi_devices: Vec::new(),
            first_network: NetworkAttachment::default(),
        }
    }

    /// Files what was kept back and checks what only makes sense together.
    ///
    /// Variables and labels of files come first, so that those of flags win, wherever they stood.
    ///
    /// # Errors
    /// Returns all conflicts.
    pub fn finish(self) -> Result<ContainerSpec, Vec<Conflict>> {
        let mut spec = self.spec;
        spec.process.env = [self.env_of_files, self.env].concat();
        spec.labels = [self.labels_of_files, self.labels]
            .concat()
            .into_iter()
            .collect();
        // Docker sends one request for all CDI devices.
        if !self.cdi_devices.is_empty() {
            let request = DeviceRequest::cdi(self.cdi_devices);
            spec.resources.device_requests.push(request);
        }
        describe_first_network(&mut spec, self.first_network);
        let conflicts = conflicts(&spec);
        if conflicts.is_empty() {
            Ok(spec)
        } else {
            Err(conflicts)
        }
    }
}

/// `--ip`, `--network-alias` and the like belong to the first network.
fn describe_first_network(spec: &mut ContainerSpec, extra: NetworkAttachment) {
    if extra == NetworkAttachment::default() {
        return;
    }
    let networks = &mut spec.network.attachments;
    if networks.is_empty() {
        networks.push(NetworkAttachment::named("default"));
    }
    let first = &mut networks[0];
    first.aliases.extend(extra.aliases);
    first.link_local_ips.extend(extra.link_local_ips);
    first.ipv4 = extra.ipv4.or(first.ipv4);
    first.ipv6 = extra.ipv6.or(first.ipv6);
    if !extra.mac_address.is_empty() {
        first.mac_address = extra.mac_address;
    }
}

fn conflicts(spec: &ContainerSpec) -> Vec<Conflict> {
    let keeping = &spec.keeping;
    let mut found = Vec::new();
    if keeping.remove && !keeping.restart.is_none() {
        found.push(Conflict::RemovedAndRestarted);
    }
    if spec.health.disabled && spec.health.is_shaped() {
        found.push(Conflict::NoHealthcheck);
    }
    if keeping.log_driver.as_deref() == Some("none") && !keeping.log_options.is_empty() {
        found.push(Conflict::LogOptions);
    }
    if spec.launch.detach && !spec.streams.attach.is_empty() {
        found.push(Conflict::AttachedAndDetached);
    }
    let networks = &spec.network.attachments;
    let mode = networks.iter().find(|network| {
        matches!(network.target.as_str(), "host" | "none") || network.container().is_some()
    });
    if let (Some(mode), true) = (mode, networks.len() > 1) {
        found.push(Conflict::NetworkMode(mode.target.clone()));
    }
    found
}
