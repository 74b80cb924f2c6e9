//! What is known about the host and the engine; passed in, never asked for below `cli`.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::access::Access;
use crate::docker::api_version::ApiVersion;
use crate::git::GitDirectory;

/// The machine and the account that dynrun runs on.
#[derive(Clone, Debug, Default)]
pub struct HostFacts {
    /// The environment, for `-e NAME`, `HF_HOME` and secrets.
    pub env: BTreeMap<String, String>,
    /// What may be done with the directory of `HF_HOME`; `None` if it is not set, or if the engine,
    /// which would mount it, is on another machine.
    pub hf_home: Option<Access>,
    /// The working directory, absolute.
    pub cwd: PathBuf,
    /// The git root that contains the working directory, if there is one.
    pub git_root: Option<PathBuf>,
    /// What its `.git` names, if that is a file.
    pub git_link: Option<Box<GitDirectory>>,
    /// The user's home directory.
    pub home: Option<PathBuf>,
    /// The user's number.
    pub uid: u32,
    /// The number of the user's first group.
    pub gid: u32,
    /// The user's name.
    pub user_name: Option<String>,
    /// The group that owns render nodes (`/dev/dri/renderD*`), if there is one.
    pub render_gid: Option<u32>,
    /// Whether standard input is a terminal.
    pub stdin_is_terminal: bool,
    /// Whether standard output is a terminal.
    pub stdout_is_terminal: bool,
}

/// What the engine says that it is and can do.
#[derive(Clone, Debug)]
pub struct EngineFacts {
    /// The highest API version that both sides speak.
    pub api: ApiVersion,
    /// The engine's version, for messages.
    pub version: String,
    /// Names of the OCI runtimes (`/info` Runtimes).
    pub runtimes: Vec<String>,
    /// Fully qualified CDI devices such as `nvidia.com/gpu=0`; empty before API 1.50, which cannot
    /// list them.
    pub cdi_devices: Vec<String>,
    /// Whether NVIDIA's runtime hook is where the engine finds it; `None` if that cannot be seen
    /// from here.
    pub gpu_hook: Option<bool>,
    /// What the engine's processes may raise limits to, if that can be known from here.
    pub limits: Option<LimitFacts>,
}

#[cfg(test)]
impl EngineFacts {
    /// An engine of which nothing is known but that it is recent.
    pub fn unknown() -> Self {
        Self {
            api: ApiVersion::new(1, 51),
            version: String::new(),
            runtimes: Vec::new(),
            cdi_devices: Vec::new(),
            gpu_hook: None,
            limits: None,
        }
    }
}

/// How far the engine can raise the limits of a container's process.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LimitFacts {
    /// Whether it may go over its own hard limits (`CAP_SYS_RESOURCE`).
    pub unrestricted: bool,
    /// Its own hard limits by docker's name; `None` for unlimited.
    pub hard: BTreeMap<String, Option<i64>>,
}
