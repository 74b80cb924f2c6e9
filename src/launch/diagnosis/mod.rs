//! Known failures: what the engine or the container said, why, and what fixes it.
//!
//! All of them are in one table (`rules`); [`diagnose`](diagnose()) looks the evidence up.

mod diagnose;
mod evidence;
mod programs;
mod rules;

pub use diagnose::{Diagnosis, diagnose};
pub use evidence::Evidence;
