//! `[export]`: the form of images.

use schemars::JsonSchema;

use crate::toml_file::{FromToml, Located, Merge, Node, Reader, choice};

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

/// The form of images.
#[derive(Clone, Debug, Default, PartialEq, Eq, JsonSchema)]
#[schemars(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Export {
    /// How layers are packed. By default, `zstd` for images that are only loaded, into the containerd
    /// store, and `gzip` for those in registries and archives.
    pub compression: Option<Located<Compression>>,
}

impl FromToml for Export {
    fn from_toml(key: &str, node: &Node<'_>, reader: &mut Reader) -> Option<Self> {
        reader.table(key, node, |mut fields| {
            let export = Self {
                compression: fields.take("compression"),
            };
            fields.finish();
            Some(export)
        })
    }
}

impl Merge for Export {
    fn merge(self, parent: Self) -> Self {
        let Self { compression } = self;
        Self {
            compression: compression.merge(parent.compression),
        }
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
