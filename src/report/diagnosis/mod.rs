//! What usually is behind a failure, and what fixes it.
//!
//! [`rules`] is a table and nothing else: what a program writes, what that means, what to do.

mod diagnose;
mod rule;
mod rules;
mod secrets;

pub use diagnose::diagnose;
pub(super) use rule::without_command;
