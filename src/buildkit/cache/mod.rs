//! Build caches outside of the engine: where they are, and what they need.

mod actions;
mod directories;
mod entry;
mod local;

pub use actions::ActionsService;
pub(super) use directories::Directories;
pub use entry::CacheEntry;
pub use local::Absent;
pub(super) use local::LocalCache;
