//! `[components.NAME]`: a pinned thing that a stage installs or compiles.

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::json;
use toml::de::DeValue;

use super::args::ArgValue;
use crate::toml_file::{FromToml, Located, Merge, Node, Reader, Table, choice};

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

/// A component's version, origin and checksum; each becomes the build argument `ARG_KEY`.
#[derive(Clone, Debug, Default, PartialEq, Eq, JsonSchema)]
#[schemars(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Component {
    /// The prefix of the build arguments; by default the name in upper case with `_` for `-`.
    pub arg: Option<Located<String>>,
    /// The version; becomes `ARG_VERSION`.
    pub version: Option<Located<ArgValue>>,
    /// How the component is got; becomes `ARG_SOURCE`.
    pub source: Option<Located<ComponentSource>>,
    /// Where it is got from; becomes `ARG_URL`.
    pub url: Option<PerPlatform>,
    /// The git commit, tag or branch; becomes `ARG_REF`.
    #[schemars(rename = "ref")]
    pub reference: Option<Located<String>>,
    /// The checksum of the download; becomes `ARG_SHA256`.
    #[schemars(schema_with = "checksums")]
    pub sha256: Option<PerPlatform>,
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
            DeValue::Integer(_)
            | DeValue::Float(_)
            | DeValue::Boolean(_)
            | DeValue::Datetime(_)
            | DeValue::Array(_) => {
                reader.wrong_type(key, "a string, or a table with one per platform", node);
                None
            }
        }
    }
}

impl FromToml for Component {
    fn from_toml(key: &str, node: &Node<'_>, reader: &mut Reader) -> Option<Self> {
        reader.table(key, node, |mut fields| {
            let component = Self {
                arg: fields.take("arg"),
                version: fields.take("version"),
                source: fields.take("source"),
                url: fields.take("url"),
                reference: fields.take("ref"),
                sha256: fields.take("sha256"),
            };
            fields.finish();
            Some(component)
        })
    }
}

impl Merge for Component {
    fn merge(self, parent: Self) -> Self {
        let Self {
            arg,
            version,
            source,
            url,
            reference,
            sha256,
        } = self;
        Self {
            arg: arg.merge(parent.arg),
            version: version.merge(parent.version),
            source: source.merge(parent.source),
            url: url.merge(parent.url),
            reference: reference.merge(parent.reference),
            sha256: sha256.merge(parent.sha256),
        }
    }
}
