//! `[sccache]`: the compiler cache of stages that compile.

use crate::toml_file::{Located, choice, table};

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

table! {
    /// The compiler cache; credentials are BuildKit secrets, never written here.
    pub struct Sccache {
        /// Where objects are kept; `local` by default.
        backend: Option<Located<SccacheBackend>> = "backend",
        /// The S3 bucket.
        bucket: Option<Located<String>> = "bucket",
        /// The S3 region.
        region: Option<Located<String>> = "region",
        /// The server, where it is not the region's default.
        endpoint: Option<Located<String>> = "endpoint",
        /// What every key starts with.
        key_prefix: Option<Located<String>> = "key-prefix",
    }
}
