//! What will be created, decided: every flag, default and rewrite has been applied.
//!
//! One value, many consumers: `render::create` makes the engine's create request of it,
//! the checks look at it, and the life cycle reads how to attach, pull and clean up.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::PathBuf;

use crate::docker::checks::Stream;
use crate::docker::detach_keys::DetachKeys;
use crate::docker::device::DeviceMapping;
use crate::docker::env::EnvVar;
use crate::docker::extra_host::ExtraHost;
use crate::docker::gpus::DeviceRequest;
use crate::docker::mount::Mount;
use crate::docker::namespace::{CgroupnsMode, HostMode, IpcMode, PidMode};
use crate::docker::network::NetworkAttachment;
use crate::docker::port::{Port, PortMapping};
use crate::docker::restart::RestartPolicy;
use crate::docker::ulimit::Ulimit;

/// A container as it will be created, and how dynrun is to follow it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ContainerSpec {
    /// The image reference as the user would write it.
    pub image: String,
    /// The command and its arguments; empty for the image's own.
    pub command: Vec<String>,
    /// The container's name; the engine makes one up if there is none.
    pub name: Option<String>,
    /// The process that runs: who, where, with which environment.
    pub process: Process,
    /// Which streams are connected.
    pub streams: Streams,
    /// The health check, if the flags say anything about it.
    pub health: HealthCheck,
    /// Labels, last assignment wins.
    pub labels: BTreeMap<String, String>,
    /// Annotations handed to the OCI runtime.
    pub annotations: BTreeMap<String, String>,
    /// Memory, processors, limits, devices.
    pub resources: Resources,
    /// Volumes, mounts, temporary file systems.
    pub storage: Storage,
    /// Host name, network, ports.
    pub network: Network,
    /// Namespaces and rights.
    pub isolation: Isolation,
    /// Removal, restarts, logs.
    pub keeping: Keeping,
    /// What dynrun itself does with the container; no part of the create request.
    pub launch: LaunchMode,
}

/// The process that a container runs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Process {
    /// Replaces the image's entry point; an empty text resets it.
    pub entrypoint: Option<String>,
    /// `name|uid[:group|gid]`.
    pub user: Option<String>,
    /// Additional groups, by name or number.
    pub groups: Vec<String>,
    /// The working directory.
    pub workdir: Option<String>,
    /// `NAME=value`, or `NAME` alone to take a variable of the image away.
    pub env: Vec<EnvVar>,
    /// Whether an init process reaps children and forwards signals; the engine decides if unset.
    pub init: Option<bool>,
    /// The signal that asks the process to end.
    pub stop_signal: Option<String>,
    /// Seconds between that signal and SIGKILL.
    pub stop_timeout: Option<i64>,
}

/// Which of the container's streams are connected.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Streams {
    /// `-i`: keep the standard input open.
    pub interactive: bool,
    /// `-t`: give the process a terminal.
    pub tty: bool,
    /// `-a`: the streams named one by one; all outputs (and the input with `-i`) if empty.
    pub attach: Vec<Stream>,
}

/// `--health-*`; durations in nanoseconds as the engine wants them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HealthCheck {
    /// The command, run by the image's shell.
    pub command: Option<String>,
    /// Time between two checks.
    pub interval: Option<i64>,
    /// Time that one check may take.
    pub timeout: Option<i64>,
    /// Failures in a row that make the container unhealthy.
    pub retries: Option<i64>,
    /// Time in which failures do not count.
    pub start_period: Option<i64>,
    /// Time between two checks during the start period (engine API 1.44).
    pub start_interval: Option<i64>,
    /// `--no-healthcheck`: the image's check is switched off.
    pub disabled: bool,
}

impl HealthCheck {
    /// Returns whether a flag that shapes the check was given.
    pub fn is_shaped(&self) -> bool {
        let unshaped = Self {
            disabled: self.disabled,
            ..Self::default()
        };
        *self != unshaped
    }
}

/// What the container may use up. Sizes in bytes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Resources {
    /// Hard limit of memory.
    pub memory: Option<i64>,
    /// Soft limit of memory.
    pub memory_reservation: Option<i64>,
    /// Memory and swap together; -1 for unlimited swap.
    pub memory_swap: Option<i64>,
    /// Processors, in billionths.
    pub nano_cpus: Option<i64>,
    /// Relative weight of processor time.
    pub cpu_shares: Option<i64>,
    /// The period of the processor quota, in microseconds.
    pub cpu_period: Option<i64>,
    /// Processor time in each period, in microseconds.
    pub cpu_quota: Option<i64>,
    /// Processors that may be used, such as `0-3,8`.
    pub cpuset_cpus: Option<String>,
    /// NUMA nodes that memory may come from.
    pub cpuset_mems: Option<String>,
    /// The cgroup that the container's is put below.
    pub cgroup_parent: Option<String>,
    /// Processes at most; -1 for no limit.
    pub pids_limit: Option<i64>,
    /// Limits of the process (setrlimit), one per name.
    pub ulimits: Vec<Ulimit>,
    /// Size of `/dev/shm`.
    pub shm_size: Option<i64>,
    /// How likely the kernel is to kill the process when memory runs out, -1000 to 1000.
    pub oom_score_adj: Option<i64>,
    /// Device nodes of the host.
    pub devices: Vec<DeviceMapping>,
    /// Rules of the device cgroup, such as `c 10:200 rwm`.
    pub device_rules: Vec<String>,
    /// GPUs and other devices that a driver of the engine provides.
    pub device_requests: Vec<DeviceRequest>,
}

/// The files that a container sees next to its image.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Storage {
    /// `source:target[:options]`, with absolute sources.
    pub binds: Vec<String>,
    /// Targets of anonymous volumes.
    pub volumes: Vec<String>,
    /// `--mount`.
    pub mounts: Vec<Mount>,
    /// Target and options of temporary file systems.
    pub tmpfs: BTreeMap<String, String>,
    /// Containers whose volumes are taken over.
    pub volumes_from: Vec<String>,
    /// Whether the image's file system is read-only.
    pub read_only: bool,
}

/// How the container is reached and what it reaches.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Network {
    /// The host name in the container.
    pub hostname: Option<String>,
    /// The NIS domain name in the container.
    pub domainname: Option<String>,
    /// The networks, in the order given; the first is the mode.
    pub attachments: Vec<NetworkAttachment>,
    /// Ports that other containers may reach.
    pub exposed: Vec<Port>,
    /// Ports of the host that lead into the container; they are exposed as well.
    pub published: Vec<PortMapping>,
    /// Whether every exposed port is published on a port that the engine picks.
    pub publish_all: bool,
    /// `name:address` lines for `/etc/hosts`.
    pub extra_hosts: Vec<ExtraHost>,
    /// Name servers.
    pub dns: Vec<IpAddr>,
    /// Search domains.
    pub dns_search: Vec<String>,
    /// Options of the resolver.
    pub dns_options: Vec<String>,
}

/// What separates the container from the host.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Isolation {
    /// All rights and devices of the host.
    pub privileged: bool,
    /// Capabilities added.
    pub cap_add: Vec<String>,
    /// Capabilities dropped.
    pub cap_drop: Vec<String>,
    /// Options for seccomp, `AppArmor`, `SELinux`.
    pub security_opt: Vec<String>,
    /// Whether the paths of `/proc` and `/sys` that engines hide are shown.
    pub unmasked: bool,
    /// With whom memory is shared.
    pub ipc: IpcMode,
    /// Whose processes are seen.
    pub pid: PidMode,
    /// Whose users there are.
    pub userns: HostMode,
    /// Whose host name.
    pub uts: HostMode,
    /// Whose cgroups are seen.
    pub cgroupns: CgroupnsMode,
    /// Kernel parameters of the container's namespaces.
    pub sysctls: BTreeMap<String, String>,
    /// The OCI runtime.
    pub runtime: Option<String>,
}

/// What stays when the process has ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Keeping {
    /// `--rm`: the engine removes the container when it ends.
    pub remove: bool,
    /// When the engine starts it again.
    pub restart: RestartPolicy,
    /// The log driver; the engine's default if unset.
    pub log_driver: Option<String>,
    /// Options of the log driver.
    pub log_options: BTreeMap<String, String>,
}

/// What dynrun does around the container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LaunchMode {
    /// `-d`: start, print the id and end.
    pub detach: bool,
    /// The keys that leave a terminal session while the container goes on.
    pub detach_keys: Option<DetachKeys>,
    /// Whether signals to dynrun go to the container.
    pub forward_signals: bool,
    /// When the image is pulled.
    pub pull: Pull,
    /// The platform of the image, if not the engine's.
    pub platform: Option<String>,
    /// Where the container's id is written.
    pub cidfile: Option<PathBuf>,
    /// Whether the progress of a pull is hidden.
    pub quiet: bool,
}

impl Default for LaunchMode {
    fn default() -> Self {
        Self {
            detach: false,
            detach_keys: None,
            forward_signals: true,
            pull: Pull::default(),
            platform: None,
            cidfile: None,
            quiet: false,
        }
    }
}

/// When an image is pulled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Pull {
    /// If the engine does not have it.
    #[default]
    Missing,
    /// Before every start.
    Always,
    /// Not at all.
    Never,
}
