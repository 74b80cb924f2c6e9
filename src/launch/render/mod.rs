//! A decided container for others to read: the engine, and people with docker.

mod create;
mod docker;
mod health;
mod host_config;
mod mount;
mod networking;
mod object;

pub use create::create_request;
pub use docker::line;
