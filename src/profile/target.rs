//! `[targets.NAME]`: a stage that can be built.

use super::pattern::Patterns;
use super::tags::Tags;
use crate::toml_file::{Located, table};

table! {
    /// A stage, the fragment that holds it, and the targets whose fragments come before it.
    pub struct Target {
        /// What the target is for, in a few words.
        description: Option<Located<String>> = "description",
        /// The fragment below `dockerfiles/`, without `.Dockerfile`; the target's name by default.
        fragment: Option<Located<String>> = "fragment",
        /// The targets whose fragments are joined before this one, each with its own needs.
        needs: Option<Vec<Located<String>>> = "needs",
        /// The name of the stage that is built; the target's name by default.
        stage: Option<Located<String>> = "stage",
        /// The frameworks that have this target; all by default.
        frameworks: Option<Patterns> = "frameworks",
        /// The devices that it can be built for; all by default.
        devices: Option<Patterns> = "devices",
        /// The platforms that it can be built for; all by default.
        platforms: Option<Patterns> = "platforms",
        /// The sources of Dynamo that it can be built from; all by default.
        sources: Option<Patterns> = "sources",
        /// Image names of this target, where they differ from the profile's.
        tags: Tags = "tags",
    }
}
