//! What the engine may ask of us while it builds.

pub mod filesync;
pub mod local;

pub use local::{LocalDir, LocalSource, MemoryFile};
