//! `[[when]]`: build arguments that hold only for some builds.

use super::args::Args;
use super::pattern::Patterns;
use crate::toml_file::keys;

keys! {
    /// Build arguments of the builds that match every given axis; the last match wins.
    pub struct When {
        /// Matches the framework's name.
        framework: Option<Patterns> = "framework",
        /// Matches the device, for example `cuda13.*`.
        device: Option<Patterns> = "device",
        /// Matches the target.
        target: Option<Patterns> = "target",
        /// Matches each platform of the build, for example `linux/arm64`.
        platform: Option<Patterns> = "platform",
        /// Matches the source of Dynamo.
        source: Option<Patterns> = "source",
        /// What is added.
        args: Args = "args",
    }
}
