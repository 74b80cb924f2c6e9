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
    FileError, FromToml, Located, Merge, Node, Reader, SourceFile, Table, keys,
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

keys! {
    /// Frameworks × devices × targets, each for the platforms; what is left out has its default.
    pub struct BuildsTable {
        /// The frameworks.
        framework: Option<Vec<Located<String>>> = "framework",
        /// The devices.
        device: Option<Vec<Located<String>>> = "device",
        /// The targets.
        target: Option<Vec<Located<String>>> = "target",
        /// The platforms of each image.
        platform: Option<Vec<Located<String>>> = "platform",
    }
}

keys! {
    /// The file of a repository as written.
    #[derive(Default)]
    #[schemars(title = "dynbuild.toml")]
    struct RepositoryFile {
        /// Builds that belong together, by name.
        sets: Table<SetTable> = "sets",
    }
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
    Ok(Reader::read_whole(file, RepositoryFile::take)?.sets)
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

/// A nearer file's set of the same name replaces the farther one's as a whole.
impl Merge for SetTable {
    fn merge(self, _: Self) -> Self {
        self
    }
}

#[cfg(test)]
mod tests {
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
}
