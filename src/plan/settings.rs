//! What the user asked for, over what the profile says.

use std::collections::BTreeSet;
use std::path::PathBuf;

use super::builder_table::BuilderTable;
use super::origin::Setting;
use super::secret_source::SecretSource;
use super::set_file::SetTable;
use super::steps::StepSettings;
use crate::profile::{Compression, Sccache, SccacheBackend, Source};
use crate::toml_file::{Merge, Table};

/// A name and its value, as `--build-arg NAME=VALUE` has them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named<T> {
    /// The name.
    pub name: String,
    /// The value.
    pub value: T,
}

impl<T> Named<T> {
    /// Creates a named value.
    pub fn new(name: impl Into<String>, value: impl Into<T>) -> Self {
        Self {
            name: name.into(),
            value: value.into(),
        }
    }
}

/// What was asked for, by flags, environment and the user's own file; nothing has a default here.
///
/// Each layer is one value of this type; [`Merge`] puts the nearer over the farther:
/// flags, then environment, then the user's file. Values and lists of the nearer layer replace;
/// named values (build arguments, labels, secrets, …) are completed name by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// The set of builds that is asked for.
    pub set: Option<Setting<String>>,
    /// The sets that there are.
    pub sets: Table<SetTable>,
    /// The builders of the user's own file.
    pub builders: Table<BuilderTable>,
    /// The frameworks as the user named them; image names repeat them. [`resolve`](super::resolve())
    /// is about the first one.
    pub frameworks: Vec<Setting<String>>,
    /// The directory of profiles that overrides those compiled in, for the rendered commands.
    pub profile_dir: Option<Setting<PathBuf>>,
    /// The build context.
    pub context: Option<Setting<PathBuf>>,
    /// The targets.
    pub targets: Vec<Setting<String>>,
    /// Whether the image with EFA is built over each target too.
    pub efa: Option<Setting<bool>>,
    /// The devices; [`resolve`](super::resolve()) is about the first one.
    pub devices: Vec<Setting<String>>,
    /// The platforms; each may be a list with commas.
    pub platforms: Vec<Setting<String>>,
    /// Where Dynamo comes from.
    pub source: Option<Setting<Source>>,
    /// Image names, or templates of them, instead of the profile's.
    pub tags: Vec<Setting<String>>,
    /// Whether the image gets the moving name too; `--no-tag-latest` sets `false`.
    pub tag_latest: Option<Setting<bool>>,
    /// Build arguments that have an option of their own, by the argument's name.
    pub options: Vec<Setting<Named<String>>>,
    /// Build arguments as given; they win over everything.
    pub build_args: Vec<Setting<Named<String>>>,
    /// Whether build arguments that no stage declares are passed all the same.
    pub allow_unknown_build_arg: bool,
    /// Features switched on or off.
    pub features: Vec<Setting<Named<bool>>>,
    /// Labels.
    pub labels: Vec<Setting<Named<String>>>,
    /// Secrets by id.
    pub secrets: Vec<Setting<Named<SecretSource>>>,
    /// Ids of secrets without which there is to be no build.
    pub required_secrets: BTreeSet<String>,
    /// Named build contexts.
    pub contexts: Vec<Setting<Named<String>>>,
    /// Ssh agents to forward, in docker's grammar.
    pub ssh: Vec<Setting<String>>,
    /// Where layers are imported from; instead of the profile's.
    pub cache_from: Vec<Setting<String>>,
    /// Where layers are exported to; instead of the profile's.
    pub cache_to: Vec<Setting<String>>,
    /// Outputs in docker's grammar.
    pub outputs: Vec<Setting<String>>,
    /// Attestations in docker's grammar.
    pub attestations: Vec<Setting<String>>,
    /// Whether the image is pushed.
    pub push: Option<Setting<bool>>,
    /// Whether the image is loaded into the engine's store; `--no-load` sets `false`.
    pub load: Option<Setting<bool>>,
    /// Whether the commands that an image has to pass are left out.
    pub no_smoke: Option<Setting<bool>>,
    /// How layers are packed.
    pub compression: Option<Setting<Compression>>,
    /// Whether the whole output of a failed step is wanted.
    pub complete_logs: Option<Setting<bool>>,
    /// Whether steps run although their results are cached.
    pub no_cache: Option<Setting<bool>>,
    /// Whether base images are asked for again.
    pub pull: Option<Setting<bool>>,
    /// How steps run.
    pub steps: StepSettings,
    /// The compiler cache.
    pub sccache: SccacheSettings,
    /// Paths that profiles of others may read outside of their repository.
    pub allowed_reads: Vec<Setting<String>>,
}

/// What was asked for about the compiler cache.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SccacheSettings {
    /// Where objects are kept; `--use-sccache` sets `s3`.
    pub backend: Option<Setting<SccacheBackend>>,
    /// The S3 bucket.
    pub bucket: Option<Setting<String>>,
    /// The S3 region.
    pub region: Option<Setting<String>>,
    /// The server.
    pub endpoint: Option<Setting<String>>,
    /// What every key starts with.
    pub key_prefix: Option<Setting<String>>,
}

impl From<Sccache> for SccacheSettings {
    fn from(table: Sccache) -> Self {
        Self {
            backend: table.backend.map(Setting::from),
            bucket: table.bucket.map(Setting::from),
            region: table.region.map(Setting::from),
            endpoint: table.endpoint.map(Setting::from),
            key_prefix: table.key_prefix.map(Setting::from),
        }
    }
}

impl Merge for Settings {
    fn merge(self, farther: Self) -> Self {
        Self {
            set: self.set.merge(farther.set),
            sets: self.sets.merge(farther.sets),
            builders: self.builders.merge(farther.builders),
            frameworks: nearer(self.frameworks, farther.frameworks),
            profile_dir: self.profile_dir.merge(farther.profile_dir),
            context: self.context.merge(farther.context),
            targets: nearer(self.targets, farther.targets),
            efa: self.efa.merge(farther.efa),
            devices: nearer(self.devices, farther.devices),
            platforms: nearer(self.platforms, farther.platforms),
            source: self.source.merge(farther.source),
            tags: nearer(self.tags, farther.tags),
            tag_latest: self.tag_latest.merge(farther.tag_latest),
            options: self.options.merge(farther.options),
            build_args: self.build_args.merge(farther.build_args),
            allow_unknown_build_arg: self.allow_unknown_build_arg
                || farther.allow_unknown_build_arg,
            features: self.features.merge(farther.features),
            labels: self.labels.merge(farther.labels),
            secrets: self.secrets.merge(farther.secrets),
            required_secrets: &self.required_secrets | &farther.required_secrets,
            contexts: self.contexts.merge(farther.contexts),
            ssh: nearer(self.ssh, farther.ssh),
            cache_from: nearer(self.cache_from, farther.cache_from),
            cache_to: nearer(self.cache_to, farther.cache_to),
            outputs: nearer(self.outputs, farther.outputs),
            attestations: nearer(self.attestations, farther.attestations),
            push: self.push.merge(farther.push),
            load: self.load.merge(farther.load),
            no_smoke: self.no_smoke.merge(farther.no_smoke),
            compression: self.compression.merge(farther.compression),
            complete_logs: self.complete_logs.merge(farther.complete_logs),
            no_cache: self.no_cache.merge(farther.no_cache),
            pull: self.pull.merge(farther.pull),
            // Only flags ask for these.
            steps: self.steps,
            sccache: self.sccache.merge(farther.sccache),
            allowed_reads: self.allowed_reads.merge(farther.allowed_reads),
        }
    }
}

impl Merge for SccacheSettings {
    fn merge(self, farther: Self) -> Self {
        Self {
            backend: self.backend.merge(farther.backend),
            bucket: self.bucket.merge(farther.bucket),
            region: self.region.merge(farther.region),
            endpoint: self.endpoint.merge(farther.endpoint),
            key_prefix: self.key_prefix.merge(farther.key_prefix),
        }
    }
}

fn nearer<T>(near: Vec<T>, far: Vec<T>) -> Vec<T> {
    if near.is_empty() { far } else { near }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearer_layer_wins_and_named_values_are_completed() {
        let flags = Settings {
            devices: vec![Setting::flag("cpu", "--device")],
            tags: vec![Setting::flag("a:1", "--tag")],
            build_args: vec![Setting::flag(Named::new("A", "flag"), "--build-arg")],
            ..Settings::default()
        };
        let environment = Settings {
            devices: vec![Setting::flag("xpu", "env")],
            tags: vec![Setting::flag("b:1", "env")],
            build_args: vec![
                Setting::flag(Named::new("A", "env"), "env"),
                Setting::flag(Named::new("B", "env"), "env"),
            ],
            allow_unknown_build_arg: true,
            ..Settings::default()
        };
        let merged = flags.merge(environment);
        assert_eq!(merged.devices[0].value, "cpu");
        assert_eq!(merged.tags.len(), 1);
        let args: Vec<_> = merged
            .build_args
            .iter()
            .map(|arg| (arg.value.name.as_str(), arg.value.value.as_str()))
            .collect();
        assert_eq!(args, [("A", "env"), ("B", "env"), ("A", "flag")]);
        assert!(merged.allow_unknown_build_arg);
    }
}
