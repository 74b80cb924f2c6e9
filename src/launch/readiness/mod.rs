//! When a server counts as ready, and how that is found out.

mod level;
mod phase;
mod probe;
mod route;
mod watch;

pub use level::Level;
pub use phase::{Phase, Readiness};
pub use watch::watch;
