//! A builder and its nodes.

use std::path::PathBuf;

use crate::dial::Endpoint;
use crate::docker::platform::Platform;

/// A builder that exists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Builder {
    /// Its name.
    pub name: String,
    /// Its nodes, at least one.
    pub nodes: Vec<Node>,
}

/// One BuildKit of a builder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// Its name.
    pub name: String,
    /// How it is reached.
    pub endpoint: Endpoint,
    /// The platforms that it was created for; those that it says itself if there are none.
    pub platforms: Vec<Platform>,
}

/// Files that TLS needs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Certificates {
    /// The authority that signs the node's certificate.
    pub ca: Option<PathBuf>,
    /// Our certificate.
    pub cert: Option<PathBuf>,
    /// The key of our certificate.
    pub key: Option<PathBuf>,
    /// The name that the node's certificate is for, where that is not the name of its machine.
    pub server_name: Option<String>,
}
