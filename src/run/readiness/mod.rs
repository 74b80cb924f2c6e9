//! When a server counts as ready.

mod level;

pub use level::Level;
