//! `[ready]`, `[restart]`, `[stop]`, `[fit]`: how a deployment is started, kept and ended.

use super::words::RestartPolicy;
use crate::toml_file::{Located, table};

table! {
    /// When a deployment is ready.
    pub struct ReadyTable {
        /// `live`, `model` or `completion`; `completion` by default.
        level: Option<Located<String>> = "level",
        /// How long starting may take; `30m` by default.
        timeout: Option<Located<String>> = "timeout",
    }
}

table! {
    /// What happens to members that end.
    pub struct RestartTable {
        /// `supervise` by default.
        policy: Option<Located<RestartPolicy>> = "policy",
    }
}

table! {
    /// How members are stopped.
    pub struct StopTable {
        /// How long one may take; `60s` by default.
        grace: Option<Located<String>> = "grace",
    }
}

table! {
    /// What must fit into the GPUs.
    pub struct FitTable {
        /// The GPUs: a name such as `h100`, or the memory of one such as `80g`.
        gpu: Option<Located<String>> = "gpu",
        /// Tokens of one request; by default the longest that the engine or the model takes.
        context: Option<Located<u64>> = "context",
        /// Requests that a replica holds at once; 1 by default.
        concurrency: Option<Located<u64>> = "concurrency",
    }
}
