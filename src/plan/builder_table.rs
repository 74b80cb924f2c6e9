//! `[builders.NAME]` of the user's own file: a BuildKit that builds may use.

use schemars::JsonSchema;

use crate::toml_file::{FromToml, Located, Merge, Node, Reader};

/// Where a BuildKit is.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema)]
#[schemars(rename_all = "kebab-case", deny_unknown_fields)]
pub struct BuilderTable {
    /// `tcp://HOST:PORT`, `unix://PATH`, `ssh://HOST`, `docker-container://NAME` or
    /// `kube-pod://POD?namespace=NAMESPACE`.
    pub endpoint: Located<String>,
    /// The authority that signs its certificate.
    pub ca: Option<Located<String>>,
    /// Our certificate.
    pub cert: Option<Located<String>>,
    /// The key of our certificate.
    pub key: Option<Located<String>>,
    /// The name that its certificate is for, where that is not the host of the endpoint.
    pub server_name: Option<Located<String>>,
}

impl FromToml for BuilderTable {
    fn from_toml(key: &str, node: &Node<'_>, reader: &mut Reader) -> Option<Self> {
        reader.require(key, node, "endpoint");
        reader.table(key, node, |mut fields| {
            let endpoint = fields.take("endpoint");
            let ca = fields.take("ca");
            let cert = fields.take("cert");
            let certificate_key = fields.take("key");
            let server_name = fields.take("server-name");
            fields.finish();
            Some(Self {
                endpoint: endpoint?,
                ca,
                cert,
                key: certificate_key,
                server_name,
            })
        })
    }
}

/// A nearer file's builder of the same name replaces the farther one's as a whole.
impl Merge for BuilderTable {
    fn merge(self, _: Self) -> Self {
        self
    }
}
