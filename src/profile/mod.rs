//! A TOML profile as written: one file per key.
//!
//! [`Store`] finds profiles (those compiled in, and directories that override them), [`Profile`]
//! is what a file says, every value with the place where it was written, and [`Merge`](crate::toml_file::Merge) is the one
//! rule by which a profile takes over what it inherits. Nothing is decided here: that is `plan`.
//!
//! Files are read by a small reader of our own over the TOML parser's tree, because serde stops
//! at the first mistake and people want to hear all of them.

mod args;
mod cache;
mod component;
mod device;
mod document;
mod embedded;
mod error;
mod export;
mod feature;
mod former;
mod inheritance;
mod layers;
mod logs;
mod memory_per_job;
mod pattern;
mod run;
mod sccache;
mod schema;
mod secret;
mod smoke;
mod source;
mod store;
mod tags;
mod target;
mod template;
mod validate;
mod when;

pub use args::{ArgValue, Args};
pub use cache::Cache;
pub use component::{Component, PerPlatform};
pub use device::Device;
pub use document::Profile;
pub use export::Compression;
pub use feature::Feature;
pub use former::{FormerName, former_name};
pub use pattern::Patterns;
pub use run::RunTable;
pub use sccache::{Sccache, SccacheBackend};
pub use schema::schema;
pub(crate) use schema::schema_of;
pub use secret::SecretTable;
pub use smoke::{Smoke, SmokeNetwork};
pub use source::Source;
pub use store::Store;
pub use tags::Tags;
pub use target::Target;
pub use template::{Template, Variable};
pub(crate) use validate::split_image;
pub use when::When;
