//! `[run]`: what `dynrun` does by default with the images of a framework.

use schemars::JsonSchema;

use super::args::Args;
use crate::toml_file::{FromToml, Located, Merge, Node, Reader, Table};

/// Defaults of `dynrun`, spelled like its flags.
#[derive(Clone, Debug, Default, PartialEq, Eq, JsonSchema)]
#[schemars(rename_all = "kebab-case", deny_unknown_fields)]
pub struct RunTable {
    /// The GPUs that the container gets, in `--gpus`' grammar.
    pub gpus: Option<Located<String>>,
    /// The size of `/dev/shm`, for example `10g`.
    pub shm_size: Option<Located<String>>,
    /// The IPC namespace.
    pub ipc: Option<Located<String>>,
    /// The network.
    pub network: Option<Located<String>>,
    /// Resource limits, for example `memlock=-1`.
    pub ulimits: Option<Vec<Located<String>>>,
    /// What to do about a limit that the engine cannot set: `keep`, `clamp` or `refuse`.
    pub ulimit_policy: Option<Located<String>>,
    /// Capabilities that are added.
    pub cap_add: Option<Vec<Located<String>>>,
    /// The working directory.
    pub workdir: Option<Located<String>>,
    /// Whether an init process reaps the container's processes.
    pub init: Option<Located<bool>>,
    /// Environment variables of the container.
    pub env: Args,
    /// Directories in the container that keep what was downloaded, by name.
    pub caches: Table<Located<String>>,
}

impl FromToml for RunTable {
    fn from_toml(key: &str, node: &Node<'_>, reader: &mut Reader) -> Option<Self> {
        reader.table(key, node, |mut fields| {
            let run = Self {
                gpus: fields.take("gpus"),
                shm_size: fields.take("shm-size"),
                ipc: fields.take("ipc"),
                network: fields.take("network"),
                ulimits: fields.take("ulimits"),
                ulimit_policy: fields.take("ulimit-policy"),
                cap_add: fields.take("cap-add"),
                workdir: fields.take("workdir"),
                init: fields.take("init"),
                env: fields.take_or_default("env"),
                caches: fields.take_or_default("caches"),
            };
            fields.finish();
            Some(run)
        })
    }
}

impl Merge for RunTable {
    fn merge(self, parent: Self) -> Self {
        let Self {
            gpus,
            shm_size,
            ipc,
            network,
            ulimits,
            ulimit_policy,
            cap_add,
            workdir,
            init,
            env,
            caches,
        } = self;
        Self {
            gpus: gpus.merge(parent.gpus),
            shm_size: shm_size.merge(parent.shm_size),
            ipc: ipc.merge(parent.ipc),
            network: network.merge(parent.network),
            ulimits: ulimits.merge(parent.ulimits),
            ulimit_policy: ulimit_policy.merge(parent.ulimit_policy),
            cap_add: cap_add.merge(parent.cap_add),
            workdir: workdir.merge(parent.workdir),
            init: init.merge(parent.init),
            env: env.merge(parent.env),
            caches: caches.merge(parent.caches),
        }
    }
}
