//! `[logs]`: what is kept of the output of steps.

use crate::toml_file::{Located, table};

table! {
    /// What is kept of the output of steps.
    pub struct Logs {
        /// Whether the whole output of a failed step is fetched; engines clip it at 2 MiB.
        complete: Option<Located<bool>> = "complete",
    }
}
