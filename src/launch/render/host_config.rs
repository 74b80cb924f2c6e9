//! What the host gives and allows, in the shape of the Engine API.
//!
//! Every field of each part of the specification is named, so that a new one cannot be forgotten.

use serde_json::{Value, json};

use super::mount::mount;
use super::networking::bindings;
use super::object::{Object, texts};
use crate::docker::device::DeviceMapping;
use crate::docker::gpus::DeviceRequest;
use crate::docker::restart::RestartMode;
use crate::docker::ulimit::Ulimit;
use crate::launch::spec::{ContainerSpec, Isolation, Keeping, Network, Resources, Storage};

/// Writes `HostConfig`.
pub(super) fn host_config(spec: &ContainerSpec) -> Object {
    let Storage {
        binds,
        volumes: _, // in the container's configuration
        mounts,
        tmpfs,
        volumes_from,
        read_only,
    } = &spec.storage;
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
    } = &spec.network;
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
    } = &spec.isolation;
    let mode = attachments.first().map(|first| first.target.as_str());
    let shown_paths = unmasked.then(Vec::<String>::new);
    let object = Object::default()
        .with("Binds", binds)
        .with("LogConfig", log_config(&spec.keeping))
        .always("NetworkMode", mode.unwrap_or("default"))
        .with("PortBindings", bindings(published))
        .always("RestartPolicy", restart_policy(&spec.keeping))
        .with("AutoRemove", spec.keeping.remove)
        .with("VolumesFrom", volumes_from)
        .with("Annotations", &spec.annotations)
        .with("CapAdd", cap_add)
        .with("CapDrop", cap_drop)
        .with("CgroupnsMode", cgroupns.to_string())
        .with("Dns", dns)
        .with("DnsOptions", dns_options)
        .with("DnsSearch", dns_search)
        .with("ExtraHosts", texts(extra_hosts))
        .with("GroupAdd", &spec.process.groups)
        .with("IpcMode", ipc.to_string())
        .with("OomScoreAdj", spec.resources.oom_score_adj)
        .with("PidMode", pid.to_string())
        .with("Privileged", privileged)
        .with("PublishAllPorts", publish_all)
        .with("ReadonlyRootfs", read_only)
        .with("SecurityOpt", security_opt)
        .with("Tmpfs", tmpfs)
        .with("UTSMode", uts.to_string())
        .with("UsernsMode", userns.to_string())
        .with("ShmSize", spec.resources.shm_size)
        .with("Sysctls", sysctls)
        .with("Runtime", runtime);
    resources(object, &spec.resources)
        .with("Mounts", mounts.iter().map(mount).collect::<Vec<_>>())
        .said("MaskedPaths", shown_paths.as_ref())
        .said("ReadonlyPaths", shown_paths.as_ref())
        .said("Init", spec.process.init)
}

fn resources(object: Object, resources: &Resources) -> Object {
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
        shm_size: _, // no part of the API's resources
        oom_score_adj: _,
        devices,
        device_rules,
        device_requests,
    } = resources;
    let requests = device_requests.iter().map(device_request);
    object
        .with("CpuShares", cpu_shares)
        .with("Memory", memory)
        .with("NanoCpus", nano_cpus)
        .with("CgroupParent", cgroup_parent)
        .with("CpuPeriod", cpu_period)
        .with("CpuQuota", cpu_quota)
        .with("CpusetCpus", cpuset_cpus)
        .with("CpusetMems", cpuset_mems)
        .with("Devices", devices.iter().map(device).collect::<Vec<_>>())
        .with("DeviceCgroupRules", device_rules)
        .with("DeviceRequests", requests.collect::<Vec<_>>())
        .with("MemoryReservation", memory_reservation)
        .with("MemorySwap", memory_swap)
        .always("MemorySwappiness", -1)
        .with("PidsLimit", pids_limit)
        .with("Ulimits", ulimits.iter().map(limit).collect::<Vec<_>>())
}

fn log_config(keeping: &Keeping) -> Object {
    Object::default()
        .with("Type", &keeping.log_driver)
        .with("Config", &keeping.log_options)
}

fn restart_policy(keeping: &Keeping) -> Object {
    let mode = match &keeping.restart.mode {
        // Docker's flag has the default `no`.
        RestartMode::Unset => &RestartMode::No,
        mode => mode,
    };
    Object::default()
        .always("Name", mode.as_str())
        .with("MaximumRetryCount", keeping.restart.retries)
}

fn device(device: &DeviceMapping) -> Value {
    json!({
        "PathOnHost": device.host,
        "PathInContainer": device.container,
        "CgroupPermissions": device.permissions,
    })
}

fn device_request(request: &DeviceRequest) -> Object {
    let DeviceRequest {
        driver,
        count,
        device_ids,
        capabilities,
        options,
    } = request;
    Object::default()
        .with("Driver", driver)
        .with("Count", count)
        .with("DeviceIDs", device_ids)
        .with("Capabilities", capabilities)
        .with("Options", options)
}

fn limit(limit: &Ulimit) -> Value {
    json!({ "Name": limit.name().as_str(), "Hard": limit.hard(), "Soft": limit.soft() })
}
