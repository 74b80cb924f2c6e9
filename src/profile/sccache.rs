//! `[sccache]`: the compiler cache of stages that compile.

use schemars::JsonSchema;

use crate::toml_file::{FromToml, Located, Merge, Node, Reader, choice};

choice! {
    /// Where compiled objects are kept.
    pub enum SccacheBackend("sccache backend") {
        /// A cache mount of the engine; needs no configuration.
        Local = "local",
        /// An S3 bucket.
        S3 = "s3",
        /// A Redis server.
        Redis = "redis",
        /// A `WebDAV` server.
        Webdav = "webdav",
        /// The cache of GitHub Actions.
        Gha = "gha",
        /// No compiler cache at all.
        Off = "off",
    }
}

/// The compiler cache; credentials are BuildKit secrets, never written here.
#[derive(Clone, Debug, Default, PartialEq, Eq, JsonSchema)]
#[schemars(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Sccache {
    /// Where objects are kept; `local` by default.
    pub backend: Option<Located<SccacheBackend>>,
    /// The S3 bucket.
    pub bucket: Option<Located<String>>,
    /// The S3 region.
    pub region: Option<Located<String>>,
    /// The server, where it is not the region's default.
    pub endpoint: Option<Located<String>>,
    /// What every key starts with.
    pub key_prefix: Option<Located<String>>,
}

impl FromToml for Sccache {
    fn from_toml(key: &str, node: &Node<'_>, reader: &mut Reader) -> Option<Self> {
        reader.table(key, node, |mut fields| {
            let sccache = Self {
                backend: fields.take("backend"),
                bucket: fields.take("bucket"),
                region: fields.take("region"),
                endpoint: fields.take("endpoint"),
                key_prefix: fields.take("key-prefix"),
            };
            fields.finish();
            Some(sccache)
        })
    }
}

impl Merge for Sccache {
    fn merge(self, parent: Self) -> Self {
        let Self {
            backend,
            bucket,
            region,
            endpoint,
            key_prefix,
        } = self;
        Self {
            backend: backend.merge(parent.backend),
            bucket: bucket.merge(parent.bucket),
            region: region.merge(parent.region),
            endpoint: endpoint.merge(parent.endpoint),
            key_prefix: key_prefix.merge(parent.key_prefix),
        }
    }
}
