//! When a server counts as ready, and how that is found out.
//!
//! [`watch`](watch()) climbs the levels. Where the port is, and that it is the container's own, is found out
//! once (`port`), by looking at the sockets of the container (`sockets`, `server`, `owner`); from
//! then on the server is asked there (`route`, `inside`, `probe`), as a client would.

mod answer;
mod inside;
mod level;
mod owner;
mod phase;
mod port;
mod probe;
mod reach;
mod route;
mod server;
mod sockets;
mod watch;

pub(crate) use answer::Answer;
pub use level::Level;
pub(crate) use owner::Owner;
pub use phase::{Progress, Readiness};
pub(crate) use reach::Reach;
pub(crate) use route::{LOOPBACK, Places, Route, connect, reachable};
pub(crate) use server::{SYSTEM_PORT, is_worker};
pub use watch::watch;
