//! `[sets.NAME]`: builds that belong together, by name.
//!
//! ```toml
//! [sets.nightly]
//! builds = [{ framework = ["vllm", "sglang"], device = ["cuda12.9", "cuda13.0"], target = ["runtime", "dev"] }]
//! ```

use std::sync::Arc;

use schemars::JsonSchema;

use crate::profile::{Template, schema_of};
use crate::toml_file::{
    Fields, FileError, FromToml, Located, Merge, Node, Reader, SourceFile, Table,
};

/// The name of the file in a repository.
pub const REPOSITORY_FILE: &str = "dynbuild.toml";

/// A set of builds.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema)]
#[schemars(rename_all = "kebab-case", deny_unknown_fields)]
pub struct SetTable {
    /// One line about it, for `dynbuild list`.
    pub description: Option<Located<String>>,
    /// What is built: each entry is the product of its axes.
    #[schemars(length(min = 1))]
    pub builds: Vec<BuildsTable>,
    /// Image names instead of the profiles'.
    pub tags: Option<Vec<Located<Template>>>,
    /// Whether builds move the name without a version.
    pub tag_latest: Option<Located<bool>>,
}

/// Frameworks × devices × targets, each for the platforms; what is left out has its default.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema)]
#[schemars(rename_all = "kebab-case", deny_unknown_fields)]
pub struct BuildsTable {
    /// The frameworks.
    pub framework: Option<Vec<Located<String>>>,
    /// The devices.
    pub device: Option<Vec<Located<String>>>,
    /// The targets.
    pub target: Option<Vec<Located<String>>>,
    /// The platforms of each image.
    pub platform: Option<Vec<Located<String>>>,
}

/// The file of a repository as written.
#[derive(Clone, Debug, JsonSchema)]
#[schemars(
    rename_all = "kebab-case",
    deny_unknown_fields,
    title = "dynbuild.toml"
)]
struct RepositoryFile {
    /// Builds that belong together, by name.
    #[expect(dead_code, reason = "only its schema is used")]
    sets: Table<SetTable>,
}

/// Returns the JSON schema of `dynbuild.toml`; `profiles/dynbuild.schema.json` is a copy of it.
pub fn repository_file_schema() -> serde_json::Value {
    schema_of::<RepositoryFile>("dynbuild")
}

/// Reads the sets of a repository's `dynbuild.toml`.
///
/// # Errors
/// Returns everything that is wrong with the file.
pub fn read_sets(file: &Arc<SourceFile>) -> Result<Table<SetTable>, Vec<FileError>> {
    let (sets, errors) = Reader::read(file, |mut fields: Fields<'_, '_>| {
        let sets = fields.take_or_default("sets");
        fields.finish();
        sets
    });
    if errors.is_empty() {
        Ok(sets)
    } else {
        Err(errors)
    }
}

impl FromToml for SetTable {
    fn from_toml(key: &str, node: &Node<'_>, reader: &mut Reader) -> Option<Self> {
        reader.require(key, node, "builds");
        let set = reader.table(key, node, |mut fields| {
            let description = fields.take("description");
            let builds: Option<Vec<BuildsTable>> = fields.take("builds");
            let tags = fields.take("tags");
            let tag_latest = fields.take("tag-latest");
            fields.finish();
            Some(Self {
                description,
                builds: builds?,
                tags,
                tag_latest,
            })
        })?;
        if set.builds.is_empty() {
            let at = reader.at(node.span());
            reader.report(FileError::InvalidValue {
                what: "set",
                value: key.trim_start_matches("sets.").to_owned(),
                reason: "it has no builds".to_owned(),
                at,
            });
            return None;
        }
        Some(set)
    }
}

impl FromToml for BuildsTable {
    fn from_toml(key: &str, node: &Node<'_>, reader: &mut Reader) -> Option<Self> {
        reader.table(key, node, |mut fields| {
            let builds = Self {
                framework: fields.take("framework"),
                device: fields.take("device"),
                target: fields.take("target"),
                platform: fields.take("platform"),
            };
            fields.finish();
            Some(builds)
        })
    }
}

/// A nearer file's set of the same name replaces the farther one's as a whole.
impl Merge for SetTable {
    fn merge(self, _: Self) -> Self {
        self
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn read(text: &str) -> Result<Table<SetTable>, String> {
        read_sets(&SourceFile::new("dynbuild.toml", text)).map_err(|errors| {
            let lines: Vec<_> = errors.iter().map(ToString::to_string).collect();
            lines.join("\n")
        })
    }

    #[test]
    fn mistakes_are_reported_all_at_once() {
        let mistakes =
            read("[sets.a]\n[sets.b]\nbuilds = []\n[sets.c]\nbuilds = [{ targets = [] }]\n");
        insta::assert_snapshot!(mistakes.unwrap_err(), @"
        `sets.a` has no `builds`
        Invalid set `b`: it has no builds
        Unknown key `targets` in [sets.c.builds]
        ");
    }

    #[test]
    fn the_copy_of_the_schema_is_fresh() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("profiles/dynbuild.schema.json");
        let copy = fs_err::read_to_string(path).unwrap_or_default();
        let copy: serde_json::Value = serde_json::from_str(&copy).unwrap_or_default();
        assert!(
            copy == repository_file_schema(),
            "stale: run `dynbuild schema set > profiles/dynbuild.schema.json`"
        );
    }
}
