//! `--cache-from` and `--cache-to`: caches outside of the engine.

mod error;
mod kind;
mod known;
mod masked;
mod spec;
mod usage;

pub use kind::CacheKind;
pub use masked::Masked;
pub use spec::CacheSpec;
pub use usage::CacheUse;
