//! `[ready]`, `[restart]`, `[stop]`, `[fit]`: how a deployment is started, kept and ended.

use super::table::table;
use super::words::RestartPolicy;
use crate::toml_file::Located;

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
        /// Tokens of one request.
        context: Option<Located<u64>> = "context",
        /// Requests at once.
        concurrency: Option<Located<u64>> = "concurrency",
    }
}
