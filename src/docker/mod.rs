//! Docker's words and grammars. Pure: no I/O, no clock, no environment.
//!
//! One file per grammar. Each parses a string into a type that cannot be wrong and prints it back
//! in docker's spelling. What is accepted and what results is measured against docker's own
//! parsers (`tests/data/docker-cli`); only the error texts are ours, and many know what fixes them
//! ([`Hinted`]).

pub mod api_version;
mod as_text;
pub mod attestation;
pub mod attributes;
pub mod cache;
pub mod call;
pub mod checks;
mod compatible;
pub mod config;
pub mod context;
pub mod cpus;
pub mod csv;
pub mod detach_keys;
pub mod device;
pub mod digest;
pub mod duration;
pub mod env;
pub mod env_file;
pub mod extra_host;
pub mod gpus;
mod hinted;
pub mod host;
pub mod http_headers;
pub mod ignore;
pub mod layout_image;
pub mod mount;
pub mod named_context;
pub mod namespace;
pub mod network;
pub mod number;
pub mod output;
pub mod path;
pub(crate) mod percent;
pub mod platform;
pub mod port;
#[cfg(test)]
mod reads_back;
pub mod reference;
pub mod restart;
pub mod run_flags;
pub mod secret;
pub mod security;
pub mod size;
pub mod step;
pub mod template;
pub mod ulimit;
pub mod volume;

pub use hinted::Hinted;
