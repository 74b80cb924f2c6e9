//! `[services.NAME]`: etcd, NATS, and anything else that members need.

use crate::profile::{Args, RunTable};
use crate::toml_file::{Located, table};

table! {
    /// A service. `etcd` and `nats` are known; others name their image.
    pub struct ServiceTable {
        /// How many; 1 by default. Only etcd can have more.
        replicas: Option<Located<u32>> = "replicas",
        /// The image.
        image: Option<Located<String>> = "image",
        /// URLs of a service that runs elsewhere; it is not started then.
        external: Option<Vec<Located<String>>> = "external",
        /// The machines that it runs on; the first one by default.
        on: Option<Vec<Located<String>>> = "on",
        /// The port for clients, if not the usual one.
        port: Option<Located<u16>> = "port",
        /// The address that it listens on, if more than members shall reach it.
        bind: Option<Located<String>> = "bind",
        /// The command and its arguments.
        command: Option<Vec<Located<String>>> = "command",
        /// Environment variables.
        env: Args = "env",
        /// Ports that it listens on.
        ports: Option<Vec<Located<u16>>> = "ports",
        /// The path of an HTTP check on its first port.
        ready: Option<Located<String>> = "ready",
        /// Defaults of `dynrun run`.
        run: RunTable = "run",
    }
}
