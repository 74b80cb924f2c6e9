//! `[run]`: what `dynrun` does by default with the images of a framework.

use super::args::Args;
use crate::toml_file::{Located, Table, table};

table! {
    /// Defaults of `dynrun`, spelled like its flags.
    pub struct RunTable {
        /// The GPUs that the container gets, in `--gpus`' grammar.
        gpus: Option<Located<String>> = "gpus",
        /// The size of `/dev/shm`, for example `10g`.
        shm_size: Option<Located<String>> = "shm-size",
        /// The IPC namespace.
        ipc: Option<Located<String>> = "ipc",
        /// The network.
        network: Option<Located<String>> = "network",
        /// Resource limits, for example `memlock=-1`.
        ulimits: Option<Vec<Located<String>>> = "ulimits",
        /// What to do about a limit that the engine cannot set: `keep`, `clamp` or `refuse`.
        ulimit_policy: Option<Located<String>> = "ulimit-policy",
        /// Capabilities that are added.
        cap_add: Option<Vec<Located<String>>> = "cap-add",
        /// The working directory.
        workdir: Option<Located<String>> = "workdir",
        /// Whether an init process reaps the container's processes.
        init: Option<Located<bool>> = "init",
        /// Environment variables of the container.
        env: Args = "env",
        /// Directories in the container that keep what was downloaded, by name.
        caches: Table<Located<String>> = "caches",
    }
}
