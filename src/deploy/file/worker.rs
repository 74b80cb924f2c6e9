//! `[workers.NAME]`: one role; `[all]`: what all workers have.

use super::flag_value::FlagArgs;
use super::words::Role;
use crate::profile::{Args, RunTable};
use crate::toml_file::{Located, table};

table! {
    /// What holds for every worker.
    pub struct AllTable {
        /// Flags of the engine.
        args: FlagArgs = "args",
        /// Environment variables.
        env: Args = "env",
        /// Defaults of `dynrun run`, over those of the deployment.
        run: RunTable = "run",
        /// Derived flags and variables that this table may set.
        force: Option<Vec<Located<String>>> = "force",
    }
}

table! {
    /// The workers of one role.
    pub struct WorkerTable {
        /// What they do; by default what the table is called.
        role: Option<Located<Role>> = "role",
        /// How many engines, independent of each other; 1 by default.
        replicas: Option<Located<u32>> = "replicas",
        /// GPUs of one replica over all its machines; 1 by default.
        gpus: Option<Located<u32>> = "gpus",
        /// Machines of one replica; 1 by default.
        nodes: Option<Located<u32>> = "nodes",
        /// Tensor-parallel size; by default all GPUs of the replica.
        tp: Option<Located<u32>> = "tp",
        /// Pipeline-parallel size; 1 by default.
        pp: Option<Located<u32>> = "pp",
        /// Data-parallel size; 1 by default.
        dp: Option<Located<u32>> = "dp",
        /// Expert-parallel size; off by default.
        ep: Option<Located<u32>> = "ep",
        /// The worker whose GPUs are used as well.
        share: Option<Located<String>> = "share",
        /// The share of a GPU's memory, as fraction (`"0.4"`) or bytes (`"20g"`).
        memory: Option<Located<String>> = "memory",
        /// The machines that they may run on; any by default.
        on: Option<Vec<Located<String>>> = "on",
        /// The GPUs of each replica, for example `["0,1", "2,3"]`.
        gpu_ids: Option<Vec<Located<String>>> = "gpu-ids",
        /// Flags of the engine.
        args: FlagArgs = "args",
        /// Environment variables.
        env: Args = "env",
        /// Defaults of `dynrun run`, over those of the deployment.
        run: RunTable = "run",
        /// The image, if not that of the deployment.
        image: Option<Located<String>> = "image",
        /// The model, if not that of the deployment.
        model: Option<Located<String>> = "model",
        /// Derived flags and variables that this table may set.
        force: Option<Vec<Located<String>>> = "force",
    }
}
