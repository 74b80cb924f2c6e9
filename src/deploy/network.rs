//! How members reach and find each other.

/// The network of a deployment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Network {
    /// A bridge of its own, of this name; only frontends are published.
    Private(String),
    /// The host's.
    Host,
    /// One that the file or the profile names.
    Named(String),
}

impl Network {
    /// Returns what `docker run --network` takes.
    pub fn name(&self) -> &str {
        match self {
            Self::Private(name) | Self::Named(name) => name,
            Self::Host => "host",
        }
    }
}

/// Where members find each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Discovery {
    /// In files on a volume that all members share.
    File {
        /// The volume's name.
        volume: String,
    },
    /// In etcd.
    Etcd {
        /// What `ETCD_ENDPOINTS` says.
        endpoints: String,
    },
    /// In Kubernetes.
    Kubernetes,
}

impl Discovery {
    /// Where the volume is in every member.
    pub const DIRECTORY: &'static str = "/run/dynamo/kv";
    /// A file system in memory that users of any number may write to.
    pub const VOLUME_OPTIONS: [(&'static str, &'static str); 3] = [
        ("type", "tmpfs"),
        ("device", "tmpfs"),
        ("o", "size=16m,mode=1777"),
    ];

    /// Returns the word of the file.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::File { .. } => "file",
            Self::Etcd { .. } => "etcd",
            Self::Kubernetes => "kubernetes",
        }
    }
}

/// A machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// Its name in the file.
    pub name: String,
    /// The address at which others reach it.
    pub address: String,
    /// How many GPUs it has, if the file says so.
    pub gpus: Option<u32>,
    /// The interface of the address.
    pub interface: Option<String>,
    /// Where its engine is, as `DOCKER_HOST` would say, if the file says so.
    pub engine: Option<String>,
}
