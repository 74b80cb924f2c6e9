//! A whole profile as written.

use std::sync::Arc;

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
use crate::toml_file::{FileError, Located, Reader, SourceFile, Table, table};

table! {
    /// What one TOML file says about a framework; after merging, what it inherits too.
    ///
    /// A profile without `framework` is there to be inherited only.
    #[schemars(title = "dynbuild profile")]
    pub struct Profile: passed_on {
        /// The framework's name, as in image names; must agree with the file's name.
        framework: Option<Located<String>> = "framework",
        /// Other names of the framework on the command line.
        aliases: Option<Vec<Located<String>>> = "aliases",
        /// The profiles that complete this one, nearest first.
        inherits: Option<Vec<Located<String>>> = "inherits",
        /// What the framework's images are, in a few words.
        description: Option<Located<String>> = "description",
        /// The device of builds without `--device`.
        default_device: Option<Located<String>> = "default-device",
        /// The target of builds without `--target`.
        default_target: Option<Located<String>> = "default-target",
        /// The source of builds without `--source`.
        default_source: Option<Located<Source>> = "default-source",
        /// The sources that Dynamo can come from; `wheel` and `tree` by default.
        #[schemars(extend("default" = ["wheel", "tree"]))]
        sources: Option<Vec<Located<Source>>> = "sources",
        /// The devices that can be built for.
        devices: Table<Device> = "devices",
        /// The stages that can be built.
        targets: Table<Target> = "targets",
        /// Build arguments of every build.
        args: Args = "args",
        /// Build arguments of some builds.
        when: Vec<When> = "when",
        /// Commands that an image has to pass before it is exported.
        smoke: Vec<Smoke> = "smoke",
        /// Pinned things that stages install or compile.
        components: Table<Component> = "components",
        /// Switches.
        features: Table<Feature> = "features",
        /// Where the values of BuildKit secrets are found.
        secrets: Table<SecretTable> = "secrets",
        /// Named build contexts: a directory, or `docker-image://…`, `oci-layout://…`, a git URL.
        contexts: Table<Located<String>> = "contexts",
        /// Templates of image names.
        tags: Tags = "tags",
        /// Labels of the image; templates as in `[tags]`.
        labels: Table<Located<Template>> = "labels",
        /// How many layers images have, by reference: containers of an image with too many do not start.
        layers: Table<Located<LayerCount>> = "layers",
        /// Imported and exported layers.
        cache: Cache = "cache",
        /// The compiler cache.
        sccache: Sccache = "sccache",
        /// The form of images.
        export: Export = "export",
        /// What is kept of the output of steps.
        logs: Logs = "logs",
        /// Memory that one job of a compilation needs, by the name under which steps ask for the number
        /// of jobs: `CARGO_BUILD_JOBS`.
        memory_per_job: Table<Located<MemoryPerJob>> = "memory-per-job",
        /// Defaults of `dynrun`.
        run: RunTable = "run",
    }
}

impl Profile {
    /// Reads one file, without what it inherits; returns everything that is wrong with it.
    pub fn parse(file: &Arc<SourceFile>) -> Result<Self, Vec<FileError>> {
        Reader::read_whole(file, Self::take)
    }

    /// Reads one file as far as it can be understood, and returns what is wrong with the rest.
    pub(crate) fn parse_recoverable(file: &Arc<SourceFile>) -> (Self, Vec<FileError>) {
        Reader::read(file, Self::take)
    }

    /// Returns the framework's name; empty if the profile is there to be inherited only.
    pub fn name(&self) -> &str {
        self.framework.as_ref().map_or("", Located::as_str)
    }

    /// Returns the names in `[args]`, also in those of devices and of `[[when]]` blocks.
    pub(crate) fn arg_names(&self) -> impl Iterator<Item = &Located<String>> {
        let of_devices = self.devices.iter().map(|(_, device)| &device.args);
        let of_blocks = self.when.iter().map(|when| &when.args);
        let tables = [&self.args].into_iter().chain(of_devices);
        let tables = tables.chain(of_blocks);
        tables.flat_map(|args| args.iter().map(|(name, _)| name))
    }

    /// A profile's name and what it inherits are its own; everything else is completed.
    fn passed_on(_: &Self, parent: Self) -> Self {
        Self {
            framework: None,
            aliases: None,
            inherits: None,
            ..parent
        }
    }
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::*;
    use crate::problem::Problem;
    use crate::toml_file::Merge as _;

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
