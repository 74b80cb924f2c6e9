//! `[components.NAME]`: a pinned thing that a stage installs or compiles.

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::json;
use toml::de::DeValue;

use super::args::ArgValue;
use crate::toml_file::{FromToml, Located, Node, Reader, Table, choice, table};

choice! {
    /// How a component gets into the image.
    pub enum ComponentSource("component source") {
        /// A released Python wheel.
        Wheel = "wheel",
        /// A package of the distribution.
        Package = "package",
        /// A file that is downloaded.
        Archive = "archive",
        /// Compiled from a git repository.
        Git = "git",
        /// Copied out of an image.
        Image = "image",
    }
}

table! {
    /// A component's version, origin and checksum; each becomes the build argument `ARG_KEY`.
    pub struct Component {
        /// The prefix of the build arguments; by default the name in upper case with `_` for `-`.
        arg: Option<Located<String>> = "arg",
        /// The version; becomes `ARG_VERSION`.
        version: Option<Located<ArgValue>> = "version",
        /// How the component is got; becomes `ARG_SOURCE`.
        source: Option<Located<ComponentSource>> = "source",
        /// Where it is got from; becomes `ARG_URL`.
        url: Option<PerPlatform> = "url",
        /// The git commit, tag or branch; becomes `ARG_REF`.
        reference: Option<Located<String>> = "ref",
        /// The checksum of the download; becomes `ARG_SHA256`.
        #[schemars(schema_with = "checksums")]
        sha256: Option<PerPlatform> = "sha256",
    }
}

/// A value that is the same on every platform, or one per platform.
///
/// One per platform becomes one build argument per architecture, `ARG_SHA256_AMD64` and so on,
/// so that a build for several platforms passes all of them and each picks by `TARGETARCH`.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema)]
#[schemars(untagged)]
pub enum PerPlatform {
    /// The same everywhere.
    Same(Located<String>),
    /// By platform, for example `linux/arm64`.
    Each(Table<Located<String>>),
}

/// One checksum, or one per platform, for editors.
fn checksums(_: &mut SchemaGenerator) -> Schema {
    let one = json!({ "type": "string", "pattern": "^[0-9a-f]{64}$" });
    schemars::json_schema!({
        "anyOf": [one, { "type": "object", "additionalProperties": one }],
    })
}

impl FromToml for PerPlatform {
    fn from_toml(key: &str, node: &Node<'_>, reader: &mut Reader) -> Option<Self> {
        match node.get_ref() {
            DeValue::Table(_) => Table::from_toml(key, node, reader).map(Self::Each),
            DeValue::String(_) => Located::from_toml(key, node, reader).map(Self::Same),
            _ => {
                reader.wrong_type(key, "a string, or a table with one per platform", node);
                None
            }
        }
    }
}
