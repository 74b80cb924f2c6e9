//! Ways to reach a `BuildKit`.
//!
//! An [`Endpoint`] says where it is and what listens there. Whatever it is, two things are needed:
//! a gRPC channel for our calls, and a byte stream on which the engine calls us back (the
//! *session*). Docker Engine had its own way for both (`POST /grpc` and `POST /session`, upgraded
//! to raw HTTP/2); since 29.2 (API 1.53) these are deprecated, and its socket speaks gRPC itself,
//! as `buildkitd` always did. `Connection::open` asks the engine for its version, takes the way
//! that fits, and falls back to the other one.
//!
//! * `address`: where; opens raw byte streams (unix, tcp, TLS, `ssh`).
//! * `command`: a child process as a byte stream.
//! * `version`: the engine's answer to `GET /_ping`.
//! * `upgrade`: `POST /grpc` and `POST /session`.
//! * `connection`: the choice, and the channel and session streams that come out of it.
//! * `error`: what can go wrong, and what mends it.

mod address;
mod command;
mod connection;
mod error;
mod tls;
mod upgrade;
mod version;

pub use address::{Address, Endpoint, Speaks};
pub use error::ConnectError;
pub use version::{EngineVersion, ask as ask_version};

pub(crate) use address::BoxedStream;
pub(super) use connection::{Connection, MAX_HEADER_LIST, MESSAGE_LIMIT, Route};
pub(crate) use tls::accept_any_certificate;
