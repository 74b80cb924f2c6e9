//! Builders that exist already: which one is meant, and how it is reached.
//!
//! A builder is known to `docker buildx`, which keeps it in its store, or to the user's own file.
//! Each of its nodes is a BuildKit, reached as buildx does: through the engine that it is part of,
//! over a socket or a port, or by a command that runs `buildctl dial-stdio` next to it. Nothing is
//! created or started here; what is missing is reported with the command that does so.

mod choose;
mod error;
mod node;
mod share;
mod store;
mod url;

pub use choose::{Known, choose};
pub use node::{Builder, Certificates, Node};
pub use share::{Offer, Share, share, share_declared};
pub use store::store_directory;
