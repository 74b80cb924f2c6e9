//! The user's own file: what they would otherwise type every time.
//!
//! ```toml
//! framework = "dynamo"
//! platforms = ["linux/amd64"]
//! [build-args]
//! MAX_JOBS = 8
//! [secrets.uv-default-index]
//! env = "MY_INDEX"
//! ```

use std::collections::BTreeSet;
use std::sync::Arc;

use schemars::JsonSchema;

use super::builder_table::BuilderTable;
use super::origin::{Origin, Setting};
use super::secrets::written_source;
use super::set_file::SetTable;
use super::settings::{Named, Settings};
use crate::profile::{ArgValue, Args, Cache, Sccache, SecretTable, Source, Template, schema_of};
use crate::toml_file::{FileError, FromToml, Located, Node, Reader, SourceFile, Table, keys};

keys! {
    /// The user's own file as written.
    #[derive(Default)]
    #[schemars(title = "dynbuild config.toml")]
    struct UserFile {
        /// Default of `--framework`.
        framework: Option<Located<String>> = "framework",
        /// Builds that belong together, by name.
        sets: Table<SetTable> = "sets",
        /// Builders, by the name that `--builder` takes.
        builders: Table<BuilderTable> = "builders",
        /// Default of `--device`.
        device: Option<Located<String>> = "device",
        /// Default of `--target`.
        targets: Option<Vec<Located<String>>> = "targets",
        /// Default of `--platform`.
        #[schemars(inner(regex(
            pattern = r"^[a-z]+/[a-z0-9_]+(/v[0-9]+)?(,[a-z]+/[a-z0-9_]+(/v[0-9]+)?)*$"
        )))]
        platforms: Option<Vec<Located<String>>> = "platforms",
        /// Default of `--source`.
        source: Option<Located<Source>> = "source",
        /// Image names instead of the profile's.
        tags: Option<Vec<Located<Template>>> = "tags",
        /// Whether builds move the name without a version.
        #[schemars(extend("default" = true))]
        tag_latest: Option<Located<bool>> = "tag-latest",
        /// Build arguments, where a stage declares them.
        build_args: Args = "build-args",
        /// Labels of images.
        labels: Args = "labels",
        /// Features to switch on or off.
        features: Table<Located<bool>> = "features",
        /// Where the values of secrets are found.
        secrets: Table<SecretTable> = "secrets",
        /// Imported and exported layers, instead of the profile's.
        cache: Option<Cache> = "cache",
        /// The compiler cache.
        sccache: Sccache = "sccache",
        /// What profiles of others may read outside of their repository, as in `--allow`.
        allow: Option<Vec<Located<AllowedRead>>> = "allow",
    }
}

/// `fs.read=PATH`.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema)]
#[schemars(transparent, inline)]
struct AllowedRead(#[schemars(regex(pattern = "^fs(\\.read)?=."))] String);

impl FromToml for AllowedRead {
    fn from_toml(key: &str, node: &Node<'_>, reader: &mut Reader) -> Option<Self> {
        reader.parse(key, node, "permission", |text| {
            let path = text.strip_prefix("fs.read=");
            let path = path.or_else(|| text.strip_prefix("fs="));
            let path = path.filter(|path| !path.is_empty());
            path.map(|path| Self(path.to_owned())).ok_or_else(|| {
                "write `fs.read=PATH`; steps are permitted by `--allow` alone".to_owned()
            })
        })
    }
}

/// Returns the JSON schema of the user's own file; `profiles/config.schema.json` is a copy of it.
pub fn user_file_schema() -> serde_json::Value {
    schema_of::<UserFile>("config")
}

impl Settings {
    /// Reads the user's own file; returns everything that is wrong with it.
    pub fn from_user_file(file: &Arc<SourceFile>) -> Result<Self, Vec<FileError>> {
        Reader::read_whole(file, UserFile::take).map(Self::from)
    }
}

impl From<UserFile> for Settings {
    fn from(file: UserFile) -> Self {
        let UserFile {
            framework,
            sets,
            builders,
            device,
            targets,
            platforms,
            source,
            tags,
            tag_latest,
            build_args,
            labels,
            features,
            secrets,
            cache,
            sccache,
            allow,
        } = file;
        let (cache_from, cache_to) = cache.map_or((None, None), |cache| (cache.from, cache.to));
        let template = |template: Located<Template>| {
            own(template.map(|template| template.as_str().to_owned()))
        };
        let templates = |list: Option<Vec<_>>| list.into_iter().flatten().map(template).collect();
        Self {
            frameworks: one(framework).into_iter().collect(),
            sets,
            builders,
            devices: one(device).into_iter().collect(),
            targets: many(targets),
            platforms: many(platforms),
            source: one(source),
            tags: templates(tags),
            tag_latest: one(tag_latest),
            build_args: named(&build_args, |ArgValue(text)| text),
            labels: named(&labels, |ArgValue(text)| text),
            features: named(&features, |on| on),
            required_secrets: required_secrets(&secrets),
            secrets: named_secrets(&secrets),
            cache_from: templates(cache_from),
            cache_to: templates(cache_to),
            sccache: sccache.into(),
            allowed_reads: many(allow)
                .into_iter()
                .map(|read| read.map(|AllowedRead(path)| path))
                .collect(),
            ..Self::default()
        }
    }
}

fn own<T>(value: Located<T>) -> Setting<T> {
    Setting {
        value: value.value,
        origin: Origin::OwnFile(value.at),
    }
}

fn one<T>(value: Option<Located<T>>) -> Option<Setting<T>> {
    value.map(own)
}

fn many<T>(values: Option<Vec<Located<T>>>) -> Vec<Setting<T>> {
    values.into_iter().flatten().map(own).collect()
}

fn named<V: Clone, T>(table: &Table<Located<V>>, value: impl Fn(V) -> T) -> Vec<Setting<Named<T>>> {
    let named = |(name, written): (&Located<String>, &Located<V>)| {
        own(written.clone()).map(|written| Named::new(name.value.clone(), value(written)))
    };
    table.iter().map(named).collect()
}

fn named_secrets(table: &Table<SecretTable>) -> Vec<Setting<Named<super::SecretSource>>> {
    let named = |(id, secret): (&Located<String>, &SecretTable)| {
        let source = own(written_source(secret)?);
        Some(source.map(|source| Named::new(id.value.clone(), source)))
    };
    table.iter().filter_map(named).collect()
}

fn required_secrets(table: &Table<SecretTable>) -> BTreeSet<String> {
    let required = table.iter().filter(|(_, secret)| secret.is_required());
    required.map(|(id, _)| id.value.clone()).collect()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use test_case::test_case;

    use super::*;
    use crate::plan::{SecretSource, repository_file_schema};

    fn read(text: &str) -> Result<Settings, Vec<FileError>> {
        Settings::from_user_file(&SourceFile::new("~/.config/dynbuild/config.toml", text))
    }

    #[test]
    fn every_key_reaches_the_settings_with_its_line() {
        let settings = read(
            r#"
framework = "dynamo"
targets = ["dev"]
source = "tree"
tag-latest = false
allow = ["fs.read=~/certificates"]
[build-args]
MAX_JOBS = 8
[features]
kvbm = true
[secrets.token]
file = "~/token"
[cache]
from = ["type=gha"]
[sccache]
bucket = "b"
"#,
        )
        .unwrap();
        let framework = &settings.frameworks[0];
        assert_eq!(
            framework.origin.to_string(),
            "~/.config/dynbuild/config.toml:2"
        );
        assert_eq!(settings.targets[0].value, "dev");
        assert_eq!(settings.source.unwrap().value, Source::Tree);
        assert!(!settings.tag_latest.unwrap().value);
        assert_eq!(settings.build_args[0].value, Named::new("MAX_JOBS", "8"));
        assert_eq!(settings.features[0].value, Named::new("kvbm", true));
        let token = SecretSource::File("~/token".into());
        assert_eq!(settings.secrets[0].value, Named::new("token", token));
        assert_eq!(settings.cache_from[0].value, "type=gha");
        assert_eq!(settings.sccache.bucket.unwrap().value, "b");
        assert_eq!(settings.allowed_reads[0].value, "~/certificates");
    }

    #[test_case("config", "config", &user_file_schema(); "of a user")]
    #[test_case("set", "dynbuild", &repository_file_schema(); "of a repository")]
    fn the_copies_of_the_schemas_are_fresh(name: &str, file: &str, schema: &serde_json::Value) {
        let file = format!("profiles/{file}.schema.json");
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(&file);
        let copy = fs_err::read_to_string(path).unwrap_or_default();
        let copy: serde_json::Value = serde_json::from_str(&copy).unwrap_or_default();
        assert!(
            copy == *schema,
            "stale: run `dynbuild schema {name} > {file}`"
        );
    }

    #[test]
    fn mistakes_are_told_all_at_once() {
        let errors =
            read("framwork = 1\ntargets = \"dev\"\nallow = [\"fs.read=\", \"network.host\"]\n")
                .unwrap_err();
        let lines: Vec<_> = errors.iter().map(ToString::to_string).collect();
        insta::assert_snapshot!(lines.join("\n"), @r"
        Unknown key `framwork` in the file
        `targets` is a string, but must be an array
        Invalid permission `fs.read=`: write `fs.read=PATH`; steps are permitted by `--allow` alone
        Invalid permission `network.host`: write `fs.read=PATH`; steps are permitted by `--allow` alone
        ");
    }
}
