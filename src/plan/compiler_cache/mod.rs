//! The compiler cache of stages that compile: what it is, what it needs, and where its server is.
//!
//! It is [decided](decide) once for all targets and reaches their steps as build arguments, which the
//! `compile` script of `dockerfiles/wheel_builder.Dockerfile` turns into sccache's own variables, and
//! as secrets, of which a build gets those of its own backend only. Everything else reads the
//! arguments of a plan, because `--build-arg` may have changed them: [`CacheServer`] is the server
//! that they name.

mod credentials;
mod decision;
mod server;

pub(super) use credentials::{is_for_another, note_obstacles};
pub(super) use decision::decide;
pub use server::{CacheServer, EndpointError};

/// The build argument that every stage declares which compiles through the cache.
pub const SWITCH: &str = "USE_SCCACHE";
