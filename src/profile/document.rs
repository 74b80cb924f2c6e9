//! A whole profile as written.

use std::sync::Arc;

use schemars::JsonSchema;

use super::args::Args;
use super::cache::Cache;
use super::component::Component;
use super::device::Device;
use super::export::Export;
use super::feature::Feature;
use super::layers::LayerCount;
use super::logs::Logs;
use super::memory_per_job::MemoryPerJob;
use super::run::RunTable;
use super::sccache::Sccache;
use super::secret::SecretTable;
use super::smoke::Smoke;
use super::source::Source;
use super::tags::Tags;
use super::target::Target;
use super::template::Template;
use super::when::When;
use crate::toml_file::{Fields, FileError, Located, Merge, Reader, SourceFile, Table};

/// What one TOML file says about a framework; after [`Merge`], what it inherits too.
///
/// A profile without `framework` is there to be inherited only.
#[derive(Clone, Debug, Default, PartialEq, Eq, JsonSchema)]
#[schemars(
    rename_all = "kebab-case",
    deny_unknown_fields,
    title = "dynbuild profile"
)]
pub struct Profile {
    /// The framework's name, as in image names; must agree with the file's name.
    pub framework: Option<Located<String>>,
    /// Other names of the framework on the command line.
    pub aliases: Option<Vec<Located<String>>>,
    /// The profiles that complete this one, nearest first.
    pub inherits: Option<Vec<Located<String>>>,
    /// What the framework's images are, in a few words.
    pub description: Option<Located<String>>,
    /// The device of builds without `--device`.
    pub default_device: Option<Located<String>>,
    /// The target of builds without `--target`.
    pub default_target: Option<Located<String>>,
    /// The source of builds without `--source`.
    pub default_source: Option<Located<Source>>,
    /// The sources that Dynamo can come from; `wheel` and `tree` by default.
    #[schemars(extend("default" = ["wheel", "tree"]))]
    pub sources: Option<Vec<Located<Source>>>,
    /// The devices that can be built for.
    pub devices: Table<Device>,
    /// The stages that can be built.
    pub targets: Table<Target>,
    /// Build arguments of every build.
    pub args: Args,
    /// Build arguments of some builds.
    pub when: Vec<When>,
    /// Commands that an image has to pass before it is exported.
    pub smoke: Vec<Smoke>,
    /// Pinned things that stages install or compile.
    pub components: Table<Component>,
    /// Switches.
    pub features: Table<Feature>,
    /// Where the values of BuildKit secrets are found.
    pub secrets: Table<SecretTable>,
    /// Named build contexts: a directory, or `docker-image://…`, `oci-layout://…`, a git URL.
    pub contexts: Table<Located<String>>,
    /// Templates of image names.
    pub tags: Tags,
    /// Labels of the image; templates as in `[tags]`.
    pub labels: Table<Located<Template>>,
    /// How many layers images have, by reference: containers of an image with too many do not start.
    pub layers: Table<Located<LayerCount>>,
    /// Imported and exported layers.
    pub cache: Cache,
    /// The compiler cache.
    pub sccache: Sccache,
    /// The form of images.
    pub export: Export,
    /// What is kept of the output of steps.
    pub logs: Logs,
    /// Memory that one job of a compilation needs, by the name under which steps ask for the number
    /// of jobs: `CARGO_BUILD_JOBS`.
    pub memory_per_job: Table<Located<MemoryPerJob>>,
    /// Defaults of `dynrun`.
    pub run: RunTable,
}

impl Profile {
    /// Reads one file, without what it inherits; returns everything that is wrong with it.
    pub fn parse(file: &Arc<SourceFile>) -> Result<Self, Vec<FileError>> {
        let (profile, errors) = Self::parse_recoverable(file);
        if errors.is_empty() {
            Ok(profile)
        } else {
            Err(errors)
        }
    }

    /// Reads one file as far as it can be understood, and returns what is wrong with the rest.
    pub(crate) fn parse_recoverable(file: &Arc<SourceFile>) -> (Self, Vec<FileError>) {
        Reader::read(file, Self::take)
    }

    fn take(mut fields: Fields<'_, '_>) -> Self {
        let profile = Self {
            framework: fields.take("framework"),
            aliases: fields.take("aliases"),
            inherits: fields.take("inherits"),
            description: fields.take("description"),
            default_device: fields.take("default-device"),
            default_target: fields.take("default-target"),
            default_source: fields.take("default-source"),
            sources: fields.take("sources"),
            devices: fields.take_or_default("devices"),
            targets: fields.take_or_default("targets"),
            args: fields.take_or_default("args"),
            when: fields.take_or_default("when"),
            smoke: fields.take_or_default("smoke"),
            components: fields.take_or_default("components"),
            features: fields.take_or_default("features"),
            secrets: fields.take_or_default("secrets"),
            contexts: fields.take_or_default("contexts"),
            tags: fields.take_or_default("tags"),
            labels: fields.take_or_default("labels"),
            layers: fields.take_or_default("layers"),
            cache: fields.take_or_default("cache"),
            sccache: fields.take_or_default("sccache"),
            export: fields.take_or_default("export"),
            logs: fields.take_or_default("logs"),
            memory_per_job: fields.take_or_default("memory-per-job"),
            run: fields.take_or_default("run"),
        };
        fields.finish();
        profile
    }
}

impl Merge for Profile {
    /// A profile's name and what it inherits are its own; everything else is completed.
    fn merge(self, parent: Self) -> Self {
        let Self {
            framework,
            aliases,
            inherits,
            description,
            default_device,
            default_target,
            default_source,
            sources,
            devices,
            targets,
            args,
            when,
            smoke,
            components,
            features,
            secrets,
            contexts,
            tags,
            labels,
            layers,
            cache,
            sccache,
            export,
            logs,
            memory_per_job,
            run,
        } = self;
        Self {
            framework,
            aliases,
            inherits,
            description: description.merge(parent.description),
            default_device: default_device.merge(parent.default_device),
            default_target: default_target.merge(parent.default_target),
            default_source: default_source.merge(parent.default_source),
            sources: sources.merge(parent.sources),
            devices: devices.merge(parent.devices),
            targets: targets.merge(parent.targets),
            args: args.merge(parent.args),
            when: parent.when.into_iter().chain(when).collect(),
            smoke: parent.smoke.into_iter().chain(smoke).collect(),
            components: components.merge(parent.components),
            features: features.merge(parent.features),
            secrets: secrets.merge(parent.secrets),
            contexts: contexts.merge(parent.contexts),
            tags: tags.merge(parent.tags),
            labels: labels.merge(parent.labels),
            layers: layers.merge(parent.layers),
            cache: cache.merge(parent.cache),
            sccache: sccache.merge(parent.sccache),
            export: export.merge(parent.export),
            logs: logs.merge(parent.logs),
            memory_per_job: memory_per_job.merge(parent.memory_per_job),
            run: run.merge(parent.run),
        }
    }
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::*;
    use crate::problem::Problem;

    fn parse(text: &str) -> Result<Profile, Vec<FileError>> {
        Profile::parse(&SourceFile::new("profiles/test.toml", text))
    }

    /// Draws problems as `line:column message [label] {hints}`.
    fn problems(text: &str) -> String {
        let draw = |error| {
            let problem = Problem::from(error);
            let excerpt = &problem.excerpts[0];
            let (line, column) = excerpt.line_column();
            let hints = problem.hints.join(" | ");
            format!(
                "{line}:{column} {} [{}] {{{hints}}}",
                problem.message, excerpt.label
            )
        };
        let errors = parse(text).expect_err("the text has mistakes");
        errors.into_iter().map(draw).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn every_mistake_of_a_file_is_told_at_once() {
        let text = r#"
framwork = "vllm"
default-source = "whel"
sources = "wheel"
[devices.cpu]
platfroms = ["linux/amd64"]
base-image = 3
[args]
PYTHON_VERSION = 3.10
[[when]]
devcie = "cpu"
[components.nats]
source = "gti"
sha256 = 1
[features.kvbm]
default = "yes"
"#;
        assert_snapshot!(problems(text), @"
        2:1 Unknown key `framwork` in the file [no such key] {Did you mean `framework`?}
        3:18 Unknown source `whel` [no such source] {Did you mean `wheel`? | Valid here: `wheel`, `tree`}
        4:11 `sources` is a string, but must be an array [expected an array] {}
        6:1 Unknown key `platfroms` in [devices.cpu] [no such key] {Did you mean `platforms`? | Keys here: `platforms`, `base-image`, `runtime-image`, `description`, `aliases`, `args`}
        7:14 `devices.cpu.base-image` is an integer, but must be a string [expected a string] {}
        9:18 `args.PYTHON_VERSION` is a number with a fraction, but must be a string: write it in quotes [expected a string: write it in quotes] {}
        11:1 Unknown key `devcie` in [when] [no such key] {Did you mean `device`? | Keys here: `framework`, `device`, `target`, `platform`, `source`, `args`}
        13:10 Unknown component source `gti` [no such component source] {Valid here: `wheel`, `package`, `archive`, `git`, `image`}
        14:10 `components.nats.sha256` is an integer, but must be a string, or a table with one per platform [expected a string, or a table with one per platform] {}
        16:11 `features.kvbm.default` is a string, but must be `true` or `false` [expected `true` or `false`] {}
        ");
    }

    #[test]
    fn broken_toml_is_told_with_its_place() {
        assert_snapshot!(problems("framework = \n[args\nA = 1\n"), @r"
        1:13 `profiles/test.toml` is not valid TOML: string values must be quoted, expected literal string [here] {}
        2:6 `profiles/test.toml` is not valid TOML: unclosed table, expected `]` [here] {}
        ");
    }

    #[test]
    fn entries_keep_the_order_of_the_file() {
        let profile = parse("[args]\nZ = 1\nA = true\nM = \"m\"\n").unwrap();
        let args: Vec<_> = profile
            .args
            .iter()
            .map(|(name, value)| (name.as_str(), value.value.0.as_str()))
            .collect();
        assert_eq!(args, [("Z", "1"), ("A", "true"), ("M", "m")]);
    }

    #[test]
    fn values_know_their_line() {
        let profile = parse("# a comment\nframework = \"vllm\"\n").unwrap();
        assert_eq!(
            profile.framework.unwrap().at.to_string(),
            "profiles/test.toml:2"
        );
    }

    #[test]
    fn a_parent_completes_but_never_overrides() {
        let own = parse("framework = \"vllm\"\n[args]\nA = \"own\"\n[[when]]\ndevice = \"cpu\"\n")
            .unwrap();
        let parent = parse(
            "description = \"shared\"\n[args]\nB = \"inherited\"\nA = \"inherited\"\n[[when]]\ndevice = \"xpu\"\n[targets.base]\n",
        )
        .unwrap();
        let merged = own.merge(parent);
        let args: Vec<_> = merged
            .args
            .iter()
            .map(|(name, value)| format!("{}={}", name.value, value.value.0))
            .collect();
        assert_eq!(args, ["B=inherited", "A=own"]);
        assert_eq!(merged.description.unwrap().value, "shared");
        assert!(merged.targets.contains("base"));
        let devices: Vec<_> = merged
            .when
            .iter()
            .map(|when| when.device.as_ref().unwrap().matches("cpu"))
            .collect();
        assert_eq!(
            devices,
            [false, true],
            "the profile's own `[[when]]` comes last"
        );
    }

    proptest::proptest! {
        /// Any text, and any cut of a right profile with anything in the cut, is read or refused.
        #[test]
        fn no_text_makes_the_reader_panic(junk in "\\PC{0,40}", from in 0_usize..4000, cut in 0_usize..60) {
            let right = include_str!("../../profiles/common.toml");
            let place = |at: usize| (0..=at.min(right.len())).rev().find(|at| right.is_char_boundary(*at)).unwrap_or(0);
            let (start, end) = (place(from), place(from + cut));
            let mutated = format!("{}{junk}{}", &right[..start], &right[end..]);
            for text in [junk.as_str(), mutated.as_str()] {
                for error in parse(text).err().into_iter().flatten() {
                    let problem = Problem::from(error);
                    let mut excerpts = problem.excerpts.iter();
                    let in_text = excerpts.all(|at| at.text.get(at.span.clone()).is_some());
                    proptest::prop_assert!(in_text);
                }
            }
        }
    }
}
