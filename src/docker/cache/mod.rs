//! `--cache-from` and `--cache-to`: caches outside of the engine.

mod kind;
mod masked;
mod spec;

pub use kind::CacheKind;
pub use masked::Masked;
pub use spec::{CacheError, CacheSpec, CacheUse};
