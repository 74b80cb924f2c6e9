//! `[features.NAME]`: a switch of a build, `--enable NAME` and `--disable NAME`.

use super::pattern::Patterns;
use crate::toml_file::{Located, table};

table! {
    /// A switch that reaches a stage as a build argument, `true` or `false`.
    pub struct Feature {
        /// What the feature adds, in a few words.
        description: Option<Located<String>> = "description",
        /// Whether it is on without a flag; off by default.
        default: Option<Located<bool>> = "default",
        /// The build argument; by default `ENABLE_` and the name in upper case with `_` for `-`.
        arg: Option<Located<String>> = "arg",
        /// The frameworks that have it; all by default.
        frameworks: Option<Patterns> = "frameworks",
        /// The devices that it exists on; all by default.
        devices: Option<Patterns> = "devices",
        /// The platforms that it exists on; all by default.
        platforms: Option<Patterns> = "platforms",
        /// The targets that it changes; all by default.
        targets: Option<Patterns> = "targets",
        /// The sources of Dynamo that it works with; all by default.
        sources: Option<Patterns> = "sources",
    }
}
