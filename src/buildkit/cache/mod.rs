//! Build caches outside of the engine: where they are, and what they need.

mod actions;
mod directories;
mod entry;
mod kind;
mod local;

pub use actions::ActionsService;
pub(super) use directories::Directories;
pub use entry::{CacheEntry, CacheError, CacheUse, is_secret_attribute};
pub use kind::CacheKind;
pub use local::Absent;
pub(super) use local::LocalCache;
