//! What the host gives and allows, in the shape of the Engine API.

use std::collections::BTreeMap;

use serde::Serialize;

use super::mount::WireMount;
use super::networking::{Binding, bindings};
use super::skip::{is_false, is_zero};
use crate::docker::device::DeviceMapping;
use crate::docker::gpus::DeviceRequest;
use crate::docker::restart::RestartMode;
use crate::docker::ulimit::Ulimit;
use crate::launch::spec::{ContainerSpec, Isolation, Keeping, Network, Resources, Storage};

/// `HostConfig`.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "PascalCase")]
#[expect(
    clippy::struct_excessive_bools,
    reason = "the Engine API has these fields, one boolean each"
)]
pub(super) struct HostConfig {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    binds: Vec<String>,
    #[serde(skip_serializing_if = "LogConfig::is_empty")]
    log_config: LogConfig,
    network_mode: String,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    port_bindings: BTreeMap<String, Vec<Binding>>,
    restart_policy: RestartPolicy,
    #[serde(skip_serializing_if = "is_false")]
    auto_remove: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    volumes_from: Vec<String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    annotations: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    cap_add: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    cap_drop: Vec<String>,
    #[serde(skip_serializing_if = "String::is_empty")]
    cgroupns_mode: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    dns: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    dns_options: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    dns_search: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    extra_hosts: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    group_add: Vec<String>,
    #[serde(skip_serializing_if = "String::is_empty")]
    ipc_mode: String,
    #[serde(skip_serializing_if = "is_zero")]
    oom_score_adj: i64,
    #[serde(skip_serializing_if = "String::is_empty")]
    pid_mode: String,
    #[serde(skip_serializing_if = "is_false")]
    privileged: bool,
    #[serde(skip_serializing_if = "is_false")]
    publish_all_ports: bool,
    #[serde(skip_serializing_if = "is_false")]
    readonly_rootfs: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    security_opt: Vec<String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    tmpfs: BTreeMap<String, String>,
    #[serde(rename = "UTSMode", skip_serializing_if = "String::is_empty")]
    uts_mode: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    userns_mode: String,
    #[serde(skip_serializing_if = "is_zero")]
    shm_size: i64,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    sysctls: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "String::is_empty")]
    runtime: String,
    #[serde(skip_serializing_if = "is_zero")]
    cpu_shares: i64,
    #[serde(skip_serializing_if = "is_zero")]
    memory: i64,
    #[serde(skip_serializing_if = "is_zero")]
    nano_cpus: i64,
    #[serde(skip_serializing_if = "String::is_empty")]
    cgroup_parent: String,
    #[serde(skip_serializing_if = "is_zero")]
    cpu_period: i64,
    #[serde(skip_serializing_if = "is_zero")]
    cpu_quota: i64,
    #[serde(skip_serializing_if = "String::is_empty")]
    cpuset_cpus: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    cpuset_mems: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    devices: Vec<Device>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    device_cgroup_rules: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    device_requests: Vec<Request>,
    #[serde(skip_serializing_if = "is_zero")]
    memory_reservation: i64,
    #[serde(skip_serializing_if = "is_zero")]
    memory_swap: i64,
    memory_swappiness: i64,
    #[serde(skip_serializing_if = "is_zero")]
    pids_limit: i64,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    ulimits: Vec<Limit>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    mounts: Vec<WireMount>,
    #[serde(skip_serializing_if = "Option::is_none")]
    masked_paths: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    readonly_paths: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    init: Option<bool>,
}

#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "PascalCase")]
struct LogConfig {
    #[serde(rename = "Type", skip_serializing_if = "String::is_empty")]
    driver: String,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    config: BTreeMap<String, String>,
}

#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "PascalCase")]
struct RestartPolicy {
    name: String,
    #[serde(skip_serializing_if = "is_zero")]
    maximum_retry_count: i64,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Device {
    path_on_host: String,
    path_in_container: String,
    cgroup_permissions: String,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Request {
    #[serde(skip_serializing_if = "String::is_empty")]
    driver: String,
    #[serde(skip_serializing_if = "is_zero")]
    count: i64,
    #[serde(rename = "DeviceIDs", skip_serializing_if = "Vec::is_empty")]
    device_ids: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    capabilities: Vec<Vec<String>>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    options: BTreeMap<String, String>,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Limit {
    name: String,
    hard: i64,
    soft: i64,
}

// Each part names every field of its part of the specification, so that a new one cannot be
// forgotten here.
impl HostConfig {
    pub(super) fn new(spec: &ContainerSpec) -> Self {
        Self {
            annotations: spec.annotations.clone(),
            group_add: spec.process.groups.clone(),
            init: spec.process.init,
            memory_swappiness: -1,
            ..Self::default()
        }
        .resources(spec.resources.clone())
        .devices(&spec.resources)
        .storage(spec.storage.clone())
        .network(spec.network.clone())
        .isolation(spec.isolation.clone())
        .keeping(spec.keeping.clone())
    }

    fn resources(self, resources: Resources) -> Self {
        let Resources {
            memory,
            memory_reservation,
            memory_swap,
            nano_cpus,
            cpu_shares,
            cpu_period,
            cpu_quota,
            cpuset_cpus,
            cpuset_mems,
            cgroup_parent,
            pids_limit,
            ulimits,
            shm_size,
            oom_score_adj,
            devices: _, // see below
            device_rules: _,
            device_requests: _,
        } = resources;
        Self {
            memory: memory.unwrap_or_default(),
            memory_reservation: memory_reservation.unwrap_or_default(),
            memory_swap: memory_swap.unwrap_or_default(),
            nano_cpus: nano_cpus.unwrap_or_default(),
            cpu_shares: cpu_shares.unwrap_or_default(),
            cpu_period: cpu_period.unwrap_or_default(),
            cpu_quota: cpu_quota.unwrap_or_default(),
            cpuset_cpus: cpuset_cpus.unwrap_or_default(),
            cpuset_mems: cpuset_mems.unwrap_or_default(),
            cgroup_parent: cgroup_parent.unwrap_or_default(),
            pids_limit: pids_limit.unwrap_or_default(),
            ulimits: ulimits.into_iter().map(Limit::from).collect(),
            shm_size: shm_size.unwrap_or_default(),
            oom_score_adj: oom_score_adj.unwrap_or_default(),
            ..self
        }
    }

    fn devices(self, resources: &Resources) -> Self {
        let devices = resources.devices.iter().cloned();
        let requests = resources.device_requests.iter().cloned();
        Self {
            devices: devices.map(Device::from).collect(),
            device_cgroup_rules: resources.device_rules.clone(),
            device_requests: requests.map(Request::from).collect(),
            ..self
        }
    }

    fn storage(self, storage: Storage) -> Self {
        let Storage {
            binds,
            volumes: _, // in the container's configuration
            mounts,
            tmpfs,
            volumes_from,
            read_only,
        } = storage;
        Self {
            binds,
            mounts: mounts.into_iter().map(WireMount::from).collect(),
            tmpfs,
            volumes_from,
            readonly_rootfs: read_only,
            ..self
        }
    }

    fn network(self, network: Network) -> Self {
        let Network {
            hostname: _, // in the container's configuration
            domainname: _,
            attachments,
            exposed: _,
            published,
            publish_all,
            extra_hosts,
            dns,
            dns_search,
            dns_options,
        } = network;
        let mode = attachments.into_iter().next().map(|first| first.target);
        Self {
            network_mode: mode.unwrap_or_else(|| "default".to_owned()),
            port_bindings: bindings(&published),
            publish_all_ports: publish_all,
            extra_hosts: extra_hosts.iter().map(ToString::to_string).collect(),
            dns: dns.iter().map(ToString::to_string).collect(),
            dns_search,
            dns_options,
            ..self
        }
    }

    fn isolation(self, isolation: Isolation) -> Self {
        let Isolation {
            privileged,
            cap_add,
            cap_drop,
            security_opt,
            unmasked,
            ipc,
            pid,
            userns,
            uts,
            cgroupns,
            sysctls,
            runtime,
        } = isolation;
        Self {
            privileged,
            cap_add,
            cap_drop,
            security_opt,
            masked_paths: unmasked.then(Vec::new),
            readonly_paths: unmasked.then(Vec::new),
            ipc_mode: ipc.to_string(),
            pid_mode: pid.to_string(),
            userns_mode: userns.to_string(),
            uts_mode: uts.to_string(),
            cgroupns_mode: cgroupns.to_string(),
            sysctls,
            runtime: runtime.unwrap_or_default(),
            ..self
        }
    }

    fn keeping(self, keeping: Keeping) -> Self {
        let Keeping {
            remove,
            restart,
            log_driver,
            log_options,
        } = keeping;
        let name = match restart.mode {
            // Docker's flag has the default `no`.
            RestartMode::Unset => RestartMode::No.as_str().to_owned(),
            mode => mode.as_str().to_owned(),
        };
        Self {
            auto_remove: remove,
            restart_policy: RestartPolicy {
                name,
                maximum_retry_count: restart.retries,
            },
            log_config: LogConfig {
                driver: log_driver.unwrap_or_default(),
                config: log_options,
            },
            ..self
        }
    }
}

impl LogConfig {
    fn is_empty(&self) -> bool {
        self.driver.is_empty() && self.config.is_empty()
    }
}

impl From<DeviceMapping> for Device {
    fn from(device: DeviceMapping) -> Self {
        Self {
            path_on_host: device.host,
            path_in_container: device.container,
            cgroup_permissions: device.permissions,
        }
    }
}

impl From<DeviceRequest> for Request {
    fn from(request: DeviceRequest) -> Self {
        let DeviceRequest {
            driver,
            count,
            device_ids,
            capabilities,
            options,
        } = request;
        Self {
            driver,
            count,
            device_ids,
            capabilities,
            options,
        }
    }
}

impl From<Ulimit> for Limit {
    fn from(limit: Ulimit) -> Self {
        Self {
            name: limit.name().to_string(),
            hard: limit.hard(),
            soft: limit.soft(),
        }
    }
}
