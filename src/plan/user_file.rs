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

use std::sync::Arc;

use super::origin::{Origin, Setting};
use super::secrets::written_source;
use super::settings::{Named, Settings};
use crate::profile::{Args, Cache, Sccache, SecretTable};
use crate::toml_file::{Fields, FileError, Located, Reader, SourceFile, Table};

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

fn take(mut fields: Fields<'_, '_>) -> Settings {
    let cache: Option<Cache> = fields.take("cache");
    let (cache_from, cache_to) = cache.map_or((None, None), |cache| (cache.from, cache.to));
    let template = |template: Located<crate::profile::Template>| {
        Setting::from(template.map(|template| template.as_str().to_owned()))
    };
    let templates = |list: Option<Vec<_>>| list.into_iter().flatten().map(template).collect();
    let settings = Settings {
        framework: one(fields.take("framework")),
        device: one(fields.take("device")),
        targets: many(fields.take("targets")),
        platforms: many(fields.take("platforms")),
        source: one(fields.take("source")),
        tags: many(fields.take("tags")),
        tag_latest: one(fields.take("tag-latest")),
        build_args: args(&fields.take_or_default("build-args")),
        labels: args(&fields.take_or_default("labels")),
        features: features(&fields.take_or_default("features")),
        secrets: secrets(&fields.take_or_default("secrets")),
        cache_from: templates(cache_from),
        cache_to: templates(cache_to),
        sccache: fields.take_or_default::<Sccache>("sccache").into(),
        ..Settings::default()
    };
    fields.finish();
    settings
}

fn one<T>(value: Option<Located<T>>) -> Option<Setting<T>> {
    value.map(Setting::from)
}

fn many<T>(values: Option<Vec<Located<T>>>) -> Vec<Setting<T>> {
    values.into_iter().flatten().map(Setting::from).collect()
}

fn args(args: &Args) -> Vec<Setting<Named<String>>> {
    let named = |(name, value): (&Located<String>, &Located<crate::profile::ArgValue>)| {
        let origin = Origin::File(value.at.clone());
        let named = Named::new(name.value.clone(), value.value.0.clone());
        Setting::new(named, origin)
    };
    args.iter().map(named).collect()
}

fn features(features: &Table<Located<bool>>) -> Vec<Setting<Named<bool>>> {
    let named = |(name, on): (&Located<String>, &Located<bool>)| {
        let origin = Origin::File(on.at.clone());
        Setting::new(Named::new(name.value.clone(), on.value), origin)
    };
    features.iter().map(named).collect()
}

fn secrets(table: &Table<SecretTable>) -> Vec<Setting<Named<super::SecretSource>>> {
    let named = |(id, secret): (&Located<String>, &SecretTable)| {
        let source = Setting::from(written_source(secret)?);
        Some(source.map(|source| Named::new(id.value.clone(), source)))
    };
    table.iter().filter_map(named).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::SecretSource;
    use crate::profile::Source;

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
        let framework = settings.framework.unwrap();
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
    }

    #[test]
    fn mistakes_are_told_all_at_once() {
        let errors = read("framwork = 1\ntargets = \"dev\"\n").unwrap_err();
        let lines: Vec<_> = errors.iter().map(ToString::to_string).collect();
        insta::assert_snapshot!(lines.join("\n"), @r"
        Unknown key `framwork` in the file
        `targets` is a string, but must be an array
        ");
    }
}
