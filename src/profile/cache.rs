//! `[cache]`: where layers are imported from and exported to.

use super::template::Template;
use crate::toml_file::{Located, table};

table! {
    /// Cache sources and destinations in docker's grammar, for example `type=registry,ref=…`.
    pub struct Cache {
        /// Where layers are imported from; templates as in `[tags]`.
        from: Option<Vec<Located<Template>>> = "from",
        /// Where layers are exported to; templates as in `[tags]`.
        to: Option<Vec<Located<Template>>> = "to",
    }
}
