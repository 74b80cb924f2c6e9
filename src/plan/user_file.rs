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
use crate::profile::{Args, Cache, Sccache, SecretTable, Source, Template, schema_of};
use crate::toml_file::{Fields, FileError, FromToml, Located, Node, Reader, SourceFile, Table};

/// The user's own file as written.
#[derive(Clone, Debug, JsonSchema)]
#[schemars(
    rename_all = "kebab-case",
    deny_unknown_fields,
    title = "dynbuild config.toml"
)]
struct UserFile {
    /// Default of `--framework`.
    framework: Option<Located<String>>,
    /// Builds that belong together, by name.
    sets: Table<SetTable>,
    /// Builders, by the name that `--builder` takes.
    builders: Table<BuilderTable>,
    /// Default of `--device`.
    device: Option<Located<String>>,
    /// Default of `--target`.
    targets: Option<Vec<Located<String>>>,
    /// Default of `--platform`.
    #[schemars(inner(regex(
        pattern = r"^[a-z]+/[a-z0-9_]+(/v[0-9]+)?(,[a-z]+/[a-z0-9_]+(/v[0-9]+)?)*$"
    )))]
    platforms: Option<Vec<Located<String>>>,
    /// Default of `--source`.
    source: Option<Located<Source>>,
    /// Image names instead of the profile's.
    tags: Option<Vec<Located<Template>>>,
    /// Whether builds move the name without a version.
    #[schemars(extend("default" = true))]
    tag_latest: Option<Located<bool>>,
    /// Build arguments, where a stage declares them.
    build_args: Args,
    /// Labels of images.
    labels: Args,
    /// Features to switch on or off.
    features: Table<Located<bool>>,
    /// Where the values of secrets are found.
    secrets: Table<SecretTable>,
    /// Imported and exported layers, instead of the profile's.
    cache: Option<Cache>,
    /// The compiler cache.
    sccache: Sccache,
    /// What profiles of others may read outside of their repository, as in `--allow`.
    allow: Option<Vec<Located<AllowedRead>>>,
}

/// `fs.read=PATH`.
#[derive(Clone, Debug, JsonSchema)]
#[schemars(transparent, inline)]
struct AllowedRead(#[schemars(regex(pattern = "^fs(\\.read)?=."))] String);

impl FromToml for AllowedRead {
    fn from_toml(key: &str, node: &Node<'_>, reader: &mut Reader) -> Option<Self> {
        let text = String::from_toml(key, node, reader)?;
        let path = text.strip_prefix("fs.read=");
        match path.or_else(|| text.strip_prefix("fs=")) {
            Some(path) if !path.is_empty() => Some(Self(path.to_owned())),
            _ => {
                reader.report(FileError::InvalidValue {
                    what: "permission",
                    value: text,
                    reason: "write `fs.read=PATH`; steps are permitted by `--allow` alone".into(),
                    at: reader.at(node.span()),
                });
                None
            }
        }
    }
}

/// Returns the JSON schema of the user's own file; `profiles/config.schema.json` is a copy of it.
pub fn user_file_schema() -> serde_json::Value {
    schema_of::<UserFile>("config")
}

impl Settings {
    /// Reads the user's own file; returns everything that is wrong with it.
    pub fn from_user_file(file: &Arc<SourceFile>) -> Result<Self, Vec<FileError>> {
        let (settings, errors) = Reader::read(file, take);
        if errors.is_empty() {
            Ok(settings)
        } else {
            Err(errors)
        }
    }
}

fn take(fields: Fields<'_, '_>) -> Settings {
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
    } = UserFile::take(fields);
    let (cache_from, cache_to) = cache.map_or((None, None), |cache| (cache.from, cache.to));
    let template =
        |template: Located<Template>| own(template.map(|template| template.as_str().to_owned()));
    let templates = |list: Option<Vec<_>>| list.into_iter().flatten().map(template).collect();
    Settings {
        frameworks: one(framework).into_iter().collect(),
        sets,
        builders,
        devices: one(device).into_iter().collect(),
        targets: many(targets),
        platforms: many(platforms),
        source: one(source),
        tags: templates(tags),
        tag_latest: one(tag_latest),
        build_args: named_args(&build_args),
        labels: named_args(&labels),
        features: named_features(&features),
        required_secrets: required_secrets(&secrets),
        secrets: named_secrets(&secrets),
        cache_from: templates(cache_from),
        cache_to: templates(cache_to),
        sccache: sccache.into(),
        allowed_reads: many(allow)
            .into_iter()
            .map(|read| read.map(|AllowedRead(path)| path))
            .collect(),
        ..Settings::default()
    }
}

impl UserFile {
    fn take(mut fields: Fields<'_, '_>) -> Self {
        let file = Self {
            framework: fields.take("framework"),
            sets: fields.take_or_default("sets"),
            builders: fields.take_or_default("builders"),
            device: fields.take("device"),
            targets: fields.take("targets"),
            platforms: fields.take("platforms"),
            source: fields.take("source"),
            tags: fields.take("tags"),
            tag_latest: fields.take("tag-latest"),
            build_args: fields.take_or_default("build-args"),
            labels: fields.take_or_default("labels"),
            features: fields.take_or_default("features"),
            secrets: fields.take_or_default("secrets"),
            cache: fields.take("cache"),
            sccache: fields.take_or_default("sccache"),
            allow: fields.take("allow"),
        };
        fields.finish();
        file
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

fn named_args(args: &Args) -> Vec<Setting<Named<String>>> {
    let named = |(name, value): (&Located<String>, &Located<crate::profile::ArgValue>)| {
        let origin = Origin::OwnFile(value.at.clone());
        let named = Named::new(name.value.clone(), value.value.0.clone());
        Setting::new(named, origin)
    };
    args.iter().map(named).collect()
}

fn named_features(features: &Table<Located<bool>>) -> Vec<Setting<Named<bool>>> {
    let named = |(name, on): (&Located<String>, &Located<bool>)| {
        let origin = Origin::OwnFile(on.at.clone());
        Setting::new(Named::new(name.value.clone(), on.value), origin)
    };
    features.iter().map(named).collect()
}

fn named_secrets(table: &Table<SecretTable>) -> Vec<Setting<Named<super::SecretSource>>> {
    let named = |(id, secret): (&Located<String>, &SecretTable)| {
        let source = own(written_source(secret)?);
        Some(source.map(|source| Named::new(id.value.clone(), source)))
    };
    table.iter().filter_map(named).collect()
}

fn required_secrets(table: &Table<SecretTable>) -> BTreeSet<String> {
    let is_required = |secret: &SecretTable| secret.required.as_ref().is_some_and(|yes| yes.value);
    let required = table.iter().filter(|(_, secret)| is_required(secret));
    required.map(|(id, _)| id.value.clone()).collect()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::plan::SecretSource;

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

    #[test]
    fn the_copy_of_the_schema_is_fresh() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("profiles/config.schema.json");
        let copy = fs_err::read_to_string(path).unwrap_or_default();
        let copy: serde_json::Value = serde_json::from_str(&copy).unwrap_or_default();
        assert!(
            copy == user_file_schema(),
            "stale: run `dynbuild schema config > profiles/config.schema.json`"
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
