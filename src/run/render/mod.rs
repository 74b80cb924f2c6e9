//! A decided container for others to read.

mod create;
mod health;
mod host_config;
mod mount;
mod networking;
mod skip;

pub use create::CreateRequest;
