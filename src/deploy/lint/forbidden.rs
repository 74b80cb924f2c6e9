//! Flags and variables that are derived. Written by hand they would be right for one replica only.

use crate::deploy::derive::Common;
use crate::deploy::file::FlagArgs;
use crate::deploy::finding::Finding;
use crate::profile::Args;
use crate::toml_file::{Located, Location};

/// Derived flags of workers, and the key that each is derived from.
const WORKER_FLAGS: &[(&str, &str)] = &[
    ("disaggregation-mode", "role"),
    ("is-prefill-worker", "role"),
    ("is-decode-worker", "role"),
    ("multimodal-encode-worker", "role"),
    ("kv-transfer-config", "role"),
    ("model", "model"),
    ("model-path", "model"),
    ("served-model-name", "served-name"),
    ("model-name", "served-name"),
    ("revision", "revision"),
    ("tensor-parallel-size", "tp"),
    ("tp-size", "tp"),
    ("tp", "tp"),
    ("pipeline-parallel-size", "pp"),
    ("pp-size", "pp"),
    ("data-parallel-size", "dp"),
    ("data-parallel-size-local", "dp"),
    ("data-parallel-start-rank", "dp"),
    ("data-parallel-rank", "dp"),
    ("data-parallel-hybrid-lb", "dp"),
    ("data-parallel-address", "nodes"),
    ("data-parallel-rpc-port", "ports"),
    ("dp-size", "dp"),
    ("enable-dp-attention", "dp"),
    ("enable-expert-parallel", "ep"),
    ("expert-parallel-size", "ep"),
    ("ep-size", "ep"),
    ("nnodes", "nodes"),
    ("node-rank", "nodes"),
    ("master-addr", "nodes"),
    ("master-port", "ports"),
    ("dist-init-addr", "nodes"),
    ("headless", "nodes"),
    ("kv-events-config", "frontend.router"),
    ("publish-kv-events", "frontend.router"),
    ("publish-events-and-metrics", "frontend.router"),
    ("disaggregation-bootstrap-port", "ports"),
    ("bootstrap-ports", "ports"),
    ("nccl-port", "ports"),
    ("port", "ports"),
    ("discovery-backend", "discovery"),
    ("store-kv", "discovery"),
    ("request-plane", "request-plane"),
    ("event-plane", "event-plane"),
    ("namespace", "deployment"),
    ("endpoint", "deployment"),
    ("migration-limit", "frontend.migration-limit"),
];

const FRONTEND_FLAGS: &[(&str, &str)] = &[
    ("http-port", "frontend.port"),
    ("http-host", "frontend.bind"),
    ("router-mode", "frontend.router"),
    ("router-replica-sync", "frontend.replicas"),
    ("migration-limit", "frontend.migration-limit"),
    ("kv-cache-block-size", "all.args"),
    ("model-name", "served-name"),
    ("model-path", "model"),
    ("discovery-backend", "discovery"),
    ("store-kv", "discovery"),
    ("request-plane", "request-plane"),
    ("event-plane", "event-plane"),
    ("namespace", "deployment"),
];

const VARIABLES: &[(&str, &str)] = &[
    ("DYN_NAMESPACE", "deployment"),
    ("DYN_DISCOVERY_BACKEND", "discovery"),
    ("DYN_STORE_KV", "discovery"),
    ("DYN_FILE_KV", "discovery"),
    ("ETCD_ENDPOINTS", "services.etcd"),
    ("ETCD_LEASE_TTL", "discovery"),
    ("NATS_SERVER", "services.nats"),
    ("DYN_REQUEST_PLANE", "request-plane"),
    ("DYN_EVENT_PLANE", "event-plane"),
    ("DYN_SYSTEM_PORT", "ports"),
    ("DYN_SYSTEM_HOST", "nodes"),
    ("DYN_TCP_RPC_HOST", "nodes"),
    ("DYN_TCP_RPC_PORT", "ports"),
    ("DYN_HTTP_RPC_HOST", "nodes"),
    ("DYN_HTTP_HOST", "frontend.bind"),
    ("DYN_HTTP_PORT", "frontend.port"),
    ("DYN_ROUTER_MODE", "frontend.router"),
    ("VLLM_NIXL_SIDE_CHANNEL_HOST", "nodes"),
    ("VLLM_NIXL_SIDE_CHANNEL_PORT", "ports"),
    ("VLLM_PORT", "ports"),
    ("PYTHONHASHSEED", "frontend.router"),
    ("CUDA_VISIBLE_DEVICES", "gpus"),
];

/// Names of the keys that are those of a worker's table.
const OF_WORKERS: [&str; 7] = ["role", "tp", "pp", "dp", "ep", "nodes", "gpus"];

/// Returns the key that a flag of workers is derived from.
pub(in crate::deploy) fn worker_key(flag: &str) -> Option<&'static str> {
    key(WORKER_FLAGS, flag)
}

/// Returns the key that a flag of frontends is derived from.
pub(in crate::deploy) fn frontend_key(flag: &str) -> Option<&'static str> {
    key(FRONTEND_FLAGS, flag)
}

/// Returns the key that a variable is derived from.
pub(in crate::deploy) fn variable_key(name: &str) -> Option<&'static str> {
    key(VARIABLES, name)
}

fn key(known: &[(&str, &'static str)], name: &str) -> Option<&'static str> {
    let found = known.iter().find(|(flag, _)| *flag == name);
    found.map(|(_, key)| *key)
}

pub(super) fn check(common: &Common<'_>) -> Vec<Finding> {
    let file = common.file;
    let (frontend, all) = (&file.frontend, &file.all);
    let no_env = Args::default();
    let mut tables = vec![
        Written::new(
            "frontend",
            &frontend.args,
            &frontend.env,
            frontend.force.as_ref(),
        ),
        Written::new("all", &all.args, &all.env, all.force.as_ref()),
        Written::new("mock", &file.mock.args, &no_env, None),
    ];
    let workers = file.workers.iter().map(|(name, worker)| {
        let table = format!("workers.{}", name.value);
        Written::new(&table, &worker.args, &worker.env, worker.force.as_ref())
    });
    tables.extend(workers);
    tables.iter().flat_map(Written::check).collect()
}

/// The flags and variables of one table.
struct Written<'a> {
    table: String,
    args: &'a FlagArgs,
    env: &'a Args,
    forced: Vec<&'a str>,
}

impl<'a> Written<'a> {
    fn new(
        table: &str,
        args: &'a FlagArgs,
        env: &'a Args,
        force: Option<&'a Vec<Located<String>>>,
    ) -> Self {
        let forced = force.into_iter().flatten();
        let forced = forced.map(|name| name.value.trim_start_matches('-'));
        Self {
            table: table.to_owned(),
            args,
            env,
            forced: forced.collect(),
        }
    }

    fn check(&self) -> Vec<Finding> {
        let known = if self.table == "frontend" {
            FRONTEND_FLAGS
        } else {
            WORKER_FLAGS
        };
        let flags = self.args.iter().map(|(name, _)| ("args", name, known));
        let variables = self.env.iter().map(|(name, _)| ("env", name, VARIABLES));
        let written = flags.chain(variables);
        let own = written.filter(|(_, name, _)| !self.forced.contains(&name.as_str()));
        let refused = own.filter_map(|(kind, name, known)| {
            let key = key(known, &name.value)?;
            Some(self.refuse(kind, &name.value, key, &name.at))
        });
        refused.collect()
    }

    fn refuse(&self, kind: &str, name: &str, key: &str, at: &Location) -> Finding {
        let table = &self.table;
        let key = match OF_WORKERS.contains(&key) {
            true if table.starts_with("workers.") => format!("{table}.{key}"),
            true => format!("workers.NAME.{key}"),
            false => key.to_owned(),
        };
        let message = format!("`{table}.{kind}.{name}` is derived from `{key}`");
        let hint = format!("Remove it and set `{key}`, or put \"{name}\" into `{table}.force`");
        Finding::error(message).at(at).hint(hint)
    }
}
