//! A container's life: prepared, created, started, followed, ended.
//!
//! * [`prepare`]: directories of the host, values of secrets.
//! * [`create`]: the request, a missing image, a name that is not free yet.
//! * [`fill`]: secrets and the user's account, copied in before the start.
//! * [`session`]: streams, terminal, signals, from before the start to the end.
//! * [`start`]: all of it in order, and what to do when the start fails.
//! * [`autopsy`](mod@autopsy): why one ended that nobody followed.

pub mod account;
pub mod autopsy;
pub mod create;
pub mod exit;
pub mod fill;
pub mod multiplex;
pub mod prepare;
pub mod session;
pub mod signals;
pub mod start;
pub mod tail;

pub use autopsy::autopsy;
pub use multiplex::Sinks;
pub use start::{Outcome, Starter};
