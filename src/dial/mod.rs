//! Ways to reach an engine: raw byte streams for both clients.
//!
//! An [`Endpoint`] says where it is and what listens there. Whatever it is, two things are needed:
//! a gRPC channel for our calls, and a byte stream on which the engine calls us back (the
//! *session*). Docker Engine had its own way for both (`POST /grpc` and `POST /session`, upgraded
//! to raw HTTP/2); since 29.2 (API 1.53) these are deprecated, and its socket speaks gRPC itself,
//! as `buildkitd` always did. `buildkit::connection` asks the engine for its version, takes the
//! way that fits, and falls back to the other one.
//!
//! * `address`: where it is; `open`: a byte stream to it (unix, tcp, `tls`, `ssh` by `command`).
//! * `version`: the engine's answer to `GET /_ping`.
//! * `upgrade`: `POST /grpc` and `POST /session`.
//! * `error`: what can go wrong, and what fixes it.

mod address;
mod command;
mod error;
mod open;
mod stream;
mod tls;
mod upgrade;
mod version;

pub use address::{Address, Endpoint, Speaks};
pub use error::ConnectError;
pub use version::{EngineVersion, ask as ask_version};

pub(crate) use stream::{BoxedStream, Protocol};
pub(crate) use tls::accept_any_certificate;
pub(crate) use upgrade::upgrade;
