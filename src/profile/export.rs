//! `[export]`: the form of images.

use crate::toml_file::{Located, choice, table};

choice! {
    /// How the layers of an image are packed.
    pub enum Compression("compression") {
        /// As every client reads it.
        Gzip = "gzip",
        /// Faster and smaller; Docker 23 and newer read it.
        Zstd = "zstd",
        /// As gzip, but files can be fetched one by one.
        Estargz = "estargz",
        /// Not at all.
        Uncompressed = "uncompressed",
    }
}

table! {
    /// The form of images.
    pub struct Export {
        /// How layers are packed. By default, `zstd` for images that are only loaded, into the containerd
        /// store, and `gzip` for those in registries and archives.
        compression: Option<Located<Compression>> = "compression",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::docker::attributes::COMPRESSIONS;

    #[test]
    fn profiles_and_outputs_know_the_same_compressions() {
        assert_eq!(Compression::words(), COMPRESSIONS);
    }
}
