//! TOML files that people write: read key by key, every value with its place.
//!
//! `Reader` walks the TOML parser's own tree, because serde stops at the first mistake and people
//! want to hear all of them. `Fields` takes a table apart, `FromToml` is what a value
//! implements, [`Table`] has keys that the author chose, and [`Merge`] is the one rule by which a
//! file takes over what it inherits. Profiles, deployments and the user's own file are read by it.

mod choice;
mod error;
mod keys;
mod merge;
mod reader;
mod source_file;
mod table;

pub(crate) use choice::Choice;
pub use choice::UnknownWord;
pub(crate) use choice::choice;
pub use error::FileError;
pub(crate) use error::with_choices;
pub(crate) use keys::{keys, table};
pub use merge::Merge;
pub(crate) use reader::{Fields, FromToml, Node, Reader, in_file_order};
pub use source_file::{Located, Location, SourceFile};
pub use table::Table;
