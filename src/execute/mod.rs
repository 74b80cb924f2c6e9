//! Runs a build plan: order, concurrency, publishing; emits events.
//!
//! A [`Runner`] joins the fragments that a [`BuildPlan`](crate::plan::BuildPlan) needs into one
//! Dockerfile for each framework, opens a session for each set of paths that its targets read from
//! the context, and solves as many targets at once as its [`Policy`] allows. What is exported has no
//! names at first: they move at the end, all or none. What happens comes out as [`Event`](event::Event)s; how each
//! target ended as [`Finished`], whose problems point at the lines of the fragments.

mod attempt;
mod build_target;
mod delivery;
mod destination;
mod dockerfiles;
pub mod event;
mod export;
mod exported;
mod failure;
mod gate;
mod image;
mod join;
mod joinable;
mod metadata;
mod naming;
mod nodes;
mod outcome;
mod parallel;
mod policy;
mod preflight;
mod publish;
mod push;
mod question;
mod request;
mod resources;
mod retry;
mod run;
mod runner;
mod sessions;
mod smoke;

pub use destination::{check_destinations, file_obstacle};
pub use metadata::metadata;
pub use nodes::Nodes;
pub use outcome::{Built, Finished};
pub use policy::{Policy, Publish};
pub use resources::Resources;
pub use runner::Runner;
