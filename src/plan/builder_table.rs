//! `[builders.NAME]` of the user's own file: a BuildKit that builds may use.

use crate::toml_file::{Located, Merge, keys};

keys! {
    /// Where a BuildKit is.
    pub struct BuilderTable {
        /// `tcp://HOST:PORT`, `unix://PATH`, `ssh://HOST`, `docker-container://NAME` or
        /// `kube-pod://POD?namespace=NAMESPACE`.
        endpoint: Located<String> = "endpoint",
        /// The authority that signs its certificate.
        ca: Option<Located<String>> = "ca",
        /// Our certificate.
        cert: Option<Located<String>> = "cert",
        /// The key of our certificate.
        key: Option<Located<String>> = "key",
        /// The name that its certificate is for, where that is not the host of the endpoint.
        server_name: Option<Located<String>> = "server-name",
    }
}

/// A nearer file's builder of the same name replaces the farther one's as a whole.
impl Merge for BuilderTable {
    fn merge(self, _: Self) -> Self {
        self
    }
}
