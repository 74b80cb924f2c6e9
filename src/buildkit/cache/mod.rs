//! Build caches outside of the engine: where they are, and what they need.

mod entry;
mod kind;

pub use entry::{CacheEntry, CacheError};
pub use kind::CacheKind;
