//! The BuildKit client; the only module that names protobuf.
//!
//! BuildKit turns Dockerfiles into images. It is part of every Docker Engine, and also runs by
//! itself as `buildkitd`. A build goes like this:
//!
//! 1. An [`Endpoint`](crate::dial::Endpoint) says where the engine is. [`Client::connect`] reaches
//!    it and asks for its [`Capabilities`](capabilities::Capabilities).
//! 2. [`Client::open_session`] opens a [`Session`](session::Session): what the engine may ask of
//!    us while it builds, such as the files of the context (of which it takes only what changed),
//!    secrets by id and registry credentials.
//! 3. [`Client::solve`] runs a [`SolveRequest`]: which target of which
//!    Dockerfile, what to [`export`], which [`cache`]s to use. What the engine cannot do is told
//!    before anything is started. While it runs, [`SolveStatus`](progress::SolveStatus) values
//!    come in; at its end there is an [`ExportResponse`](export::ExportResponse) with the digest,
//!    or a [`SolveError`] that knows the step, the exit code and the lines of the Dockerfile.
//!
//! Everything of the wire stays in here: `proto` names the generated code, and only files whose
//! name ends in `_proto`, the services of the session and the calls themselves use it.

mod base64_json;
pub mod cache;
pub mod capabilities;
pub mod check;
mod client;
mod connection;
pub mod digest;
pub mod errors;
mod exec;
pub mod export;
mod gateway;
mod graph;
mod id;
pub mod layout;
pub mod progress;
mod progress_proto;
pub(crate) mod proto;
pub mod request;
mod request_proto;
pub mod session;
mod solve;
mod staged;
mod status;
mod whole_output;

pub use capabilities::Store;
pub use client::Client;
pub use digest::Digest;
pub use errors::{BuildFailure, SolveError};
pub use exec::Process;
pub use request::SolveRequest;
pub use staged::{Solved, StagedError};

#[cfg(test)]
mod tests;
