//! The options of a build, which planning takes as well.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use clap_complete::ArgValueCompleter;

use crate::cli::dynbuild::candidates;
use crate::cli::dynbuild::permission::Permission;
use crate::docker::call::Call;
use crate::docker::extra_host::ExtraHost;
use crate::docker::number::boolean;
use crate::docker::size::ByteSize;
use crate::docker::step::{Annotation, StepNetwork};
use crate::docker::ulimit::Ulimit;
use crate::profile::{Compression, SccacheBackend};

/// What to build: the axes and where profiles come from.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "What to build")]
pub(crate) struct SelectionArgs {
    /// Set of builds, named in dynbuild.toml or your own file (`dynbuild list`)
    #[arg(long, value_name = "NAME", conflicts_with_all = ["framework", "target", "device", "cuda_version"], add = ArgValueCompleter::new(candidates::sets))]
    pub(crate) set: Option<String>,
    /// Framework: the name of a profile (`dynbuild list`); may be repeated
    #[arg(long, short = 'F', value_name = "NAME", add = ArgValueCompleter::new(candidates::frameworks))]
    pub(crate) framework: Vec<String>,
    /// Target to build; may be repeated
    #[arg(long, value_name = "NAME", add = ArgValueCompleter::new(candidates::targets))]
    pub(crate) target: Vec<String>,
    /// Device: cpu, cuda12.9, cuda13.0, …; may be repeated
    #[arg(long, value_name = "NAME", add = ArgValueCompleter::new(candidates::devices))]
    pub(crate) device: Vec<String>,
    /// CUDA version; the same as --device cudaVERSION
    #[arg(long, value_name = "VERSION", conflicts_with = "device")]
    pub(crate) cuda_version: Vec<String>,
    /// Platforms, for example linux/amd64 or linux/amd64,linux/arm64
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    pub(crate) platform: Vec<String>,
    /// Where Dynamo comes from: released wheels, or the checkout given as context
    #[arg(long, value_name = "wheel|tree")]
    pub(crate) source: Option<String>,
    /// Build context [default: the repository around the working directory]
    #[arg(long, short = 'C', value_name = "DIR")]
    pub(crate) context: Option<PathBuf>,
    /// Directory with profiles/ and dockerfiles/ that override the built-in ones
    #[arg(long, value_name = "DIR")]
    pub(crate) profile_dir: Option<PathBuf>,
}

/// What goes into the build.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Inputs")]
pub(crate) struct InputArgs {
    /// Build argument; without =VALUE taken from the environment; always wins over the profile
    #[arg(long, value_name = "KEY[=VALUE]")]
    pub(crate) build_arg: Vec<String>,
    /// Pass build arguments that no stage declares instead of refusing them
    #[arg(long)]
    pub(crate) allow_unknown_build_arg: bool,
    /// Named build context
    #[arg(long, value_name = "NAME=PATH")]
    pub(crate) build_context: Vec<String>,
    /// Secret for the build, as docker's --secret: id=ID[,env=VAR|,src=FILE]
    #[arg(long, value_name = "SPEC")]
    pub(crate) secret: Vec<String>,
    /// Forward an ssh agent, as docker's --ssh
    #[arg(long, value_name = "default|ID=SOCKET")]
    pub(crate) ssh: Vec<String>,
    /// Switch a feature of the profile on, for example kvbm
    #[arg(long, value_name = "FEATURE", add = ArgValueCompleter::new(candidates::features))]
    pub(crate) enable: Vec<String>,
    /// Switch a feature of the profile off
    #[arg(long, value_name = "FEATURE", add = ArgValueCompleter::new(candidates::features))]
    pub(crate) disable: Vec<String>,
    /// User id in a local-dev image [default: yours]
    #[arg(long, value_name = "N")]
    pub(crate) uid: Option<u32>,
    /// Group id in a local-dev image [default: yours]
    #[arg(long, value_name = "N")]
    pub(crate) gid: Option<u32>,
}

/// Flags of single components, as build.sh has them.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Components")]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a flag that can be typed"
)]
pub(crate) struct ComponentArgs {
    /// Base image, with or without its tag
    #[arg(long, value_name = "IMAGE")]
    pub(crate) base_image: Option<String>,
    /// Tag of the base image
    #[arg(long, value_name = "TAG")]
    pub(crate) base_image_tag: Option<String>,
    /// Version of NIXL: a tag, branch or commit
    #[arg(long, value_name = "REF")]
    pub(crate) nixl_ref: Option<String>,
    /// Version of the EFA installer
    #[arg(long, value_name = "VERSION")]
    pub(crate) efa_version: Option<String>,
    /// Parallel jobs of compiling vLLM
    #[arg(long, value_name = "N")]
    pub(crate) vllm_max_jobs: Option<u32>,
    /// KV block manager; the same as --enable kvbm
    #[arg(long)]
    pub(crate) enable_kvbm: bool,
    /// GPU memory service; the same as --enable gpu-memory-service
    #[arg(long)]
    pub(crate) enable_gpu_memory_service: bool,
    /// Media over NIXL; the same as --enable media-nixl
    #[arg(long)]
    pub(crate) enable_media_nixl: bool,
    /// Media by ffmpeg; the same as --enable media-ffmpeg
    #[arg(long)]
    pub(crate) enable_media_ffmpeg: bool,
    /// Also build the image with EFA, the network of AWS, over each target
    #[arg(long)]
    pub(crate) make_efa: bool,
    /// Share compiled objects through an S3 bucket
    #[arg(long)]
    pub(crate) use_sccache: bool,
    /// Bucket of --use-sccache
    #[arg(long, value_name = "NAME")]
    pub(crate) sccache_bucket: Option<String>,
    /// Region of --sccache-bucket
    #[arg(long, value_name = "REGION")]
    pub(crate) sccache_region: Option<String>,
    /// Where compiled objects are kept: local, s3, redis, webdav, gha or off
    #[arg(long, value_name = "BACKEND")]
    pub(crate) sccache_backend: Option<SccacheBackend>,
    /// Server of the compiler cache: URL or HOST:PORT
    #[arg(long, value_name = "URL")]
    pub(crate) sccache_endpoint: Option<String>,
    /// What every key in the compiler cache starts with
    #[arg(long, value_name = "PREFIX")]
    pub(crate) sccache_key_prefix: Option<String>,
}

/// Where TensorRT-LLM comes from, as build.sh has it; for framework trtllm only.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "TensorRT-LLM")]
pub(crate) struct TrtllmArgs {
    /// Wheel to install, for example tensorrt-llm==1.3.0rc1
    #[arg(long = "tensorrtllm-pip-wheel", value_name = "SPEC")]
    pub(crate) pip_wheel: Option<String>,
    /// Python index that has the wheel
    #[arg(long = "tensorrtllm-index-url", value_name = "URL")]
    pub(crate) index_url: Option<String>,
    /// Directory that has the wheel
    #[arg(long = "tensorrtllm-pip-wheel-dir", value_name = "DIR")]
    pub(crate) pip_wheel_dir: Option<PathBuf>,
    /// Repository to compile it from
    #[arg(long = "tensorrtllm-git-url", value_name = "URL")]
    pub(crate) git_url: Option<String>,
    /// Commit, tag or version in the repository
    #[arg(long = "tensorrtllm-commit", value_name = "REF")]
    pub(crate) commit: Option<String>,
}

/// Where results go.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Results")]
pub(crate) struct ResultArgs {
    /// Tag of the image; may be repeated, replaces the profile's tags
    #[arg(long, short = 't', value_name = "REF")]
    pub(crate) tag: Vec<String>,
    /// Do not move the `latest` tag
    #[arg(long)]
    pub(crate) no_tag_latest: bool,
    /// Label of the image
    #[arg(long, value_name = "KEY=VALUE")]
    pub(crate) label: Vec<String>,
    // A doc comment would take the brackets for a link.
    #[arg(
        long,
        value_name = "SPEC",
        help = "Annotation of the image, as docker's --annotation: [TYPE[PLATFORM]:]KEY=VALUE"
    )]
    pub(crate) annotation: Vec<Annotation>,
    /// Load the image into the engine (the default)
    #[arg(long, conflicts_with = "no_load", value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true", value_parser = boolean)]
    pub(crate) load: Option<bool>,
    /// Build, but do not load the image into the engine
    #[arg(long)]
    pub(crate) no_load: bool,
    /// Push the tags to their registries
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true", value_parser = boolean)]
    pub(crate) push: Option<bool>,
    /// Output, as docker's --output: type=local|tar|oci|docker|image,dest=PATH
    #[arg(long, short = 'o', value_name = "SPEC")]
    pub(crate) output: Vec<String>,
    /// How layers are packed: gzip, zstd, estargz or uncompressed [default: zstd for images that are
    /// only loaded, else gzip]
    #[arg(long, value_name = "KIND")]
    pub(crate) compression: Option<Compression>,
    /// Attestation, as docker's --attest: type=provenance,mode=max or type=sbom
    #[arg(long, value_name = "SPEC")]
    pub(crate) attest: Vec<String>,
    /// How it was built: true, false, mode=min or mode=max; the same as --attest type=provenance
    #[arg(long, value_name = "BOOL|SPEC")]
    pub(crate) provenance: Option<String>,
    /// What is in it: true, false or generator=IMAGE; the same as --attest type=sbom
    #[arg(long, value_name = "BOOL|SPEC")]
    pub(crate) sbom: Option<String>,
    /// Write digests and names as JSON
    #[arg(long, value_name = "FILE")]
    pub(crate) metadata_file: Option<PathBuf>,
    /// Write the image id
    #[arg(long, value_name = "FILE")]
    pub(crate) iidfile: Option<PathBuf>,
}

/// How steps run, as docker has it.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Steps")]
pub(crate) struct StepArgs {
    /// Network of RUN steps that do not say which: default, host or none
    #[arg(long, value_name = "MODE")]
    pub(crate) network: Option<StepNetwork>,
    /// Name that steps resolve, with its address
    #[arg(long, value_name = "NAME:IP")]
    pub(crate) add_host: Vec<ExtraHost>,
    /// Size of /dev/shm for steps
    #[arg(long, value_name = "BYTES")]
    pub(crate) shm_size: Option<ByteSize>,
    /// Limit of the processes of steps
    #[arg(long, value_name = "TYPE=SOFT[:HARD]")]
    pub(crate) ulimit: Vec<Ulimit>,
    /// What steps may do that ask for it (network.host, security.insecure), and what a profile of
    /// somebody else may read outside of its repository (fs.read=PATH)
    #[arg(long, value_name = "PERMISSION")]
    pub(crate) allow: Vec<Permission>,
    /// Build the steps of these stages again
    #[arg(long, value_name = "STAGE", conflicts_with = "no_cache")]
    pub(crate) no_cache_filter: Vec<String>,
}

/// Caches of the engine's builder.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Caches")]
pub(crate) struct CacheArgs {
    /// Cache to read, as docker's --cache-from
    #[arg(long, value_name = "SPEC")]
    pub(crate) cache_from: Vec<String>,
    /// Cache to write, as docker's --cache-to
    #[arg(long, value_name = "SPEC")]
    pub(crate) cache_to: Vec<String>,
    /// Export images without running the profile's smoke tests in them
    #[arg(long)]
    pub(crate) no_smoke: bool,
    /// Build every step again
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true", value_parser = boolean)]
    pub(crate) no_cache: Option<bool>,
    /// Ask the registry for newer base images
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true", value_parser = boolean)]
    pub(crate) pull: Option<bool>,
}

/// The build itself.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct BuildArgs {
    #[command(flatten)]
    pub(crate) selection: SelectionArgs,
    #[command(flatten)]
    pub(crate) inputs: InputArgs,
    #[command(flatten)]
    pub(crate) components: ComponentArgs,
    #[command(flatten)]
    pub(crate) trtllm: TrtllmArgs,
    #[command(flatten)]
    pub(crate) results: ResultArgs,
    #[command(flatten)]
    pub(crate) caches: CacheArgs,
    #[command(flatten)]
    pub(crate) steps: StepArgs,
    #[command(flatten)]
    pub(crate) run: RunArgs,
}

/// How the build runs.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Running")]
pub(crate) struct RunArgs {
    /// Print the commands instead of running them: no engine call, no file written
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Builder of docker buildx, docker context, or builder of your own file [default: the engine]
    #[arg(long, value_name = "NAME")]
    pub(crate) builder: Option<String>,
    /// How many targets are solved at a time [default: by the engine's cores and memory]
    #[arg(long, value_name = "N")]
    pub(crate) jobs: Option<NonZeroUsize>,
    /// Go on with the other targets when one fails
    #[arg(long)]
    pub(crate) keep_going: bool,
    /// When names move: whole (all together, when every target is good) or each [default: whole]
    #[arg(long, value_enum, value_name = "WHEN")]
    pub(crate) publish: Option<PublishWhen>,
    /// How often to try again what failed for a passing reason, such as the network [default: 2]
    #[arg(long, value_name = "N")]
    pub(crate) retries: Option<u32>,
    /// Fetch the whole output of a step that fails, which engines clip at 2 MiB
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true", value_parser = boolean)]
    pub(crate) complete_logs: Option<bool>,
    /// Where to write it [default: ~/.local/state/dynbuild/logs]
    #[arg(long, value_name = "DIR")]
    pub(crate) log_dir: Option<PathBuf>,
    /// Ask instead of building: check, outline or targets; with ,format=json for programs
    #[arg(long, value_name = "METHOD")]
    pub(crate) call: Option<Call>,
    /// Run BuildKit's checks instead of building; the same as --call check
    #[arg(long, conflicts_with = "call", value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true", value_parser = boolean)]
    pub(crate) check: Option<bool>,
    /// How progress is shown [default: auto]
    #[arg(long, value_enum, value_name = "MODE")]
    pub(crate) progress: Option<ProgressMode>,
    /// Only print the digest; the same as --progress quiet
    #[arg(long, short = 'q', conflicts_with = "progress")]
    pub(crate) quiet: bool,
}

/// How progress is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum ProgressMode {
    /// A live display on a terminal, plain lines elsewhere
    #[default]
    Auto,
    /// A live display
    Tty,
    /// One line per event, as `docker buildx build --progress=plain`
    Plain,
    /// One JSON object per line, as `docker buildx build --progress=rawjson`
    Rawjson,
    /// Only the digest, on standard output
    Quiet,
    /// Nothing but warnings and problems
    None,
}

/// When names move to new images.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum PublishWhen {
    /// All together, when every target is good
    Whole,
    /// Each target's as soon as it is built
    Each,
}

impl From<ProgressMode> for crate::report::Mode {
    fn from(mode: ProgressMode) -> Self {
        match mode {
            ProgressMode::Auto => Self::Auto,
            ProgressMode::Tty => Self::Tty,
            ProgressMode::Plain => Self::Plain,
            ProgressMode::Rawjson => Self::RawJson,
            ProgressMode::Quiet => Self::Quiet,
            ProgressMode::None => Self::None,
        }
    }
}
