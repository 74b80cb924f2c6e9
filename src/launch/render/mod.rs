//! A decided container for others to read: the engine, and people with docker.

mod create;
mod docker;
mod health;
mod host_config;
mod mount;
mod networking;
mod skip;

pub use create::CreateRequest;
pub use docker::line;
