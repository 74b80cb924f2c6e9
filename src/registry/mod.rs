//! Registries, asked by us: reading a manifest, and putting it under a name.
//!
//! Layers are pushed by the engine, which has them. What is left is the last step of a release:
//! [`Registry`] moves names to manifests that are already there. A name can be moved back, because
//! what it named before was read first. It speaks the OCI distribution API with the logins of
//! docker ([`Credentials`](crate::credentials)), with the certificates that docker trusts, and through
//! the proxies that docker's programs take ([`Proxies`]).

mod ask;
mod auth;
mod client;
mod error;
mod manifest;
mod no_proxy;
mod place;
mod proxies;
mod proxy;
mod tls;
mod transport;
mod trouble;
mod way;

pub use client::Registry;
pub use error::RegistryError;
pub use manifest::Manifest;
pub use place::{InsecureRegistries, Place};
pub use proxies::Proxies;
pub use trouble::Trouble;
