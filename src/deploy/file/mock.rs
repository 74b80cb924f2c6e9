//! `[mock]`: what a rehearsal without GPUs takes in place of the engines.

use super::flag_value::FlagArgs;
use crate::toml_file::{Located, table};

table! {
    /// How `--mock` runs the deployment.
    pub struct MockTable {
        /// The image; by default what `dynbuild --framework dynamo` makes.
        image: Option<Located<String>> = "image",
        /// A model of which only the tokenizer is used, if not that of the deployment.
        model: Option<Located<String>> = "model",
        /// Flags of `dynamo.mocker`.
        args: FlagArgs = "args",
    }
}
