//! `[nodes.NAME]`: the machines of a deployment that needs several.

use crate::toml_file::{Located, table};

table! {
    /// A machine.
    pub struct NodeTable {
        /// The address at which the others reach it.
        address: Option<Located<String>> = "address",
        /// How many GPUs it has.
        gpus: Option<Located<u32>> = "gpus",
        /// The network interface of the address.
        interface: Option<Located<String>> = "interface",
        /// Its engine, as in `DOCKER_HOST`: where all machines have one, one dynrun drives them all.
        engine: Option<Located<String>> = "engine",
    }
}
