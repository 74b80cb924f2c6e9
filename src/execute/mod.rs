//! Runs a build plan: order, concurrency, publishing; emits events.
//!
//! A [`Runner`] joins the fragments that a [`BuildPlan`](crate::plan::BuildPlan) needs into one
//! Dockerfile for each framework, opens a session for each set of paths that its targets read from the context, and
//! solves all targets at once. What happens comes out as [`Event`]s; how each target ended as
//! [`Finished`], whose problems are told at the lines of the fragments.

mod destination;
mod dockerfiles;
pub mod event;
mod export;
mod failure;
mod gate;
mod metadata;
mod preflight;
mod push;
mod request;
mod run;
mod runner;
mod smoke;

pub use destination::{check_destinations, file_obstacle};
pub use event::{BuiltTarget, Event, Layers, NoteLevel, TargetOutcome};
pub use metadata::metadata;
pub use run::{Built, Finished};
pub use runner::{Resources, Runner};
