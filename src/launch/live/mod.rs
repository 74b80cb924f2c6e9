//! A container's life: prepared, created, started, followed, ended.
//!
//! * [`prepare`]: directories of the host, values of secrets.
//! * [`create`]: the request, a missing image, a name that is not free yet.
//! * [`fill`]: secrets and the user's account, copied in before the start.
//! * [`session`]: streams, terminal, signals, from before the start to the end.
//! * [`source`], [`multiplex`], [`loss`]: its output, to the end, and what of it is missing.
//! * [`start`]: all of it in order, and what to do when the start fails.
//! * [`autopsy`](mod@autopsy): why one ended that nobody followed.

pub mod account;
pub mod autopsy;
pub mod create;
pub mod ending;
mod failed_start;
pub mod fill;
pub mod loss;
pub mod multiplex;
pub mod prepare;
pub mod session;
pub mod signals;
pub mod source;
pub mod start;
pub mod tail;
mod workspace;

pub use autopsy::{Autopsy, autopsy, hindrance};
pub use loss::Loss;
pub use multiplex::Sinks;
pub use source::Source;
pub use start::{Outcome, Remark, Starter};
