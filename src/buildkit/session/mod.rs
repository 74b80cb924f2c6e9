//! What the engine may ask of us while it builds.
//!
//! A [`Session`] is a gRPC server of ours on a connection to the engine, named by a random id that
//! each solve refers to. Its services:
//!
//! * `health`: whether we are still there.
//! * [`filesync`]: the files of a [`LocalDir`], of which the engine takes only what changed.
//! * [`secrets`]: values that steps mount by id.
//! * [`auth`]: registry credentials.
//! * [`ssh`]: agents that steps may sign with.
//! * `content`: image layouts that the engine reads and writes, such as caches of `type=local`.
//! * [`filesend`]: results that the engine sends to us.
//!
//! Several builds may share a session, and should where they read the same directories: the engine
//! then sees the same sources and does each step once.

pub mod auth;
mod content;
pub mod filesend;
pub mod filesync;
mod health;
pub mod local;
mod raw_codec;
mod result_file;
pub mod secrets;
mod server;
pub mod ssh;
mod stream;

pub use auth::Credentials;
pub(super) use content::{ContentService, ContentStore};
pub use filesend::Destination;
pub use local::{LocalDir, LocalSource, MemoryFile};
pub use secrets::SecretStore;
pub use server::{Session, SessionOptions};
pub use ssh::Agents;

use crate::buildkit::connection::MESSAGE_LIMIT;
