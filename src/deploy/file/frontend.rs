//! `[frontend]`: the servers that clients talk to.

use super::flag_value::FlagArgs;
use super::words::RouterMode;
use crate::profile::{Args, RunTable};
use crate::toml_file::{Located, table};

table! {
    /// The frontends of a deployment.
    pub struct FrontendTable {
        /// How many; 1 by default.
        replicas: Option<Located<u32>> = "replicas",
        /// The port of the first, 8000 by default; the next ones follow.
        port: Option<Located<u16>> = "port",
        /// The address that it listens on; `127.0.0.1` by default.
        bind: Option<Located<String>> = "bind",
        /// How workers are chosen; `round-robin` by default.
        router: Option<Located<RouterMode>> = "router",
        /// How often a request moves on to another worker when its own is lost; 0 by default.
        migration_limit: Option<Located<u32>> = "migration-limit",
        /// The machines that they run on; the first one by default.
        on: Option<Vec<Located<String>>> = "on",
        /// Flags of `dynamo.frontend`.
        args: FlagArgs = "args",
        /// Environment variables.
        env: Args = "env",
        /// Defaults of `dynrun run`, over those of the deployment.
        run: RunTable = "run",
        /// The image, if not that of the deployment.
        image: Option<Located<String>> = "image",
        /// Derived flags and variables that this table may set.
        force: Option<Vec<Located<String>>> = "force",
    }
}
