//! `sources`, `default-source`: where Dynamo itself comes from.

use crate::toml_file::choice;

choice! {
    /// Where Dynamo's code comes from.
    pub enum Source("source") {
        /// Released `ai-dynamo` wheels; needs no checkout.
        Wheel = "wheel",
        /// The checkout that is the build context; wheels are compiled.
        Tree = "tree",
    }
}
