//! What usually is behind a failure, and what fixes it: of a step of a build, of a container, and
//! of an engine that refuses a launch.
//!
//! [`table`] is data and nothing else: what a program writes, what that means, and what to do about
//! it where it is written. [`diagnose`](diagnose()) looks the evidence up.

mod diagnose;
mod evidence;
mod known;
mod output;
mod rule;
mod secrets;
mod table;
mod wording;

pub use diagnose::{Diagnosis, diagnose};
pub(crate) use evidence::without_command;
pub use evidence::{Evidence, Setting};
pub(crate) use table::INSTALL_TOOLKIT;
