//! Every option of build.sh, what it is here, and what differs.

/// How often an option counts, and whether it has a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Takes {
    /// A switch.
    Nothing,
    /// A value; the last one counts.
    Last,
    /// Values, which all count.
    All,
}

/// An option of build.sh.
#[derive(Clone, Copy, Debug)]
pub(super) struct Row {
    /// The option as build.sh has it.
    pub(super) original: &'static str,
    /// Whether it has a value.
    pub(super) takes: Takes,
    /// The option here; `None` where nothing is left to say.
    pub(super) ours: Option<&'static str>,
    /// What differs; [`SAME`] where nothing does.
    pub(super) note: &'static str,
}

/// The note of options that mean the same.
pub(super) const SAME: &str = "the same";

const fn row(
    original: &'static str,
    takes: Takes,
    ours: Option<&'static str>,
    note: &'static str,
) -> Row {
    Row {
        original,
        takes,
        ours,
        note,
    }
}

const fn kept(option: &'static str, takes: Takes, note: &'static str) -> Row {
    row(option, takes, Some(option), note)
}

const fn gone(option: &'static str, takes: Takes, note: &'static str) -> Row {
    row(option, takes, None, note)
}

use Takes::{All, Last, Nothing};

/// The options in the order in which the documentation tells them.
#[rustfmt::skip]
pub(super) const OPTIONS: &[Row] = &[
    kept("--framework", Last, SAME),
    kept("--target", Last, SAME),
    kept("--platform", Last, "each of several platforms is built with its own arguments"),
    kept("--cuda-version", Last, "major and minor number; chooses the device with all its images; the default is 13.0 instead of 12.9; all but 13 was 12.9"),
    kept("--base-image", Last, "may have the tag too; counts for CUDA 13 too"),
    kept("--base-image-tag", Last, "counts for CUDA 13 too"),
    kept("--nixl-ref", Last, "what the KV block manager is compiled against; at run time there is the engine's own NIXL"),
    kept("--efa-version", Last, SAME),
    kept("--vllm-max-jobs", Last, SAME),
    kept("--build-arg", All, "wins over everything; refused where no stage declares it; what is an option now becomes one"),
    kept("--build-context", All, "all of them count, not only the last one"),
    kept("--enable-kvbm", Nothing, "`--disable kvbm` switches it off"),
    kept("--enable-gpu-memory-service", Nothing, "`--disable gpu-memory-service` switches it off"),
    kept("--enable-media-nixl", Nothing, "really reaches the stage that compiles it"),
    kept("--enable-media-ffmpeg", Nothing, "really reaches the stage that compiles it"),
    kept("--make-efa", Nothing, "a target over the other one, which the other options reach; has a name of its own"),
    kept("--tensorrtllm-pip-wheel", Last, "always that wheel; for 1.3.0rc1 build.sh took the released image"),
    kept("--tensorrtllm-index-url", Last, "refused without `--tensorrtllm-pip-wheel`"),
    kept("--tensorrtllm-pip-wheel-dir", Last, "the wheel that is installed; never the place that a compiled one is written to"),
    row("--tensorrtllm-pip-wheel-path", Last, Some("--tensorrtllm-pip-wheel-dir"), "was called so in older documents"),
    kept("--tensorrtllm-git-url", Last, "compiled in a stage, not on this machine"),
    kept("--tensorrtllm-commit", Last, "needed only with `--tensorrtllm-git-url`"),
    kept("--use-sccache", Nothing, "credentials are build secrets, the session token too; without it, objects are kept in the engine"),
    kept("--sccache-bucket", Last, SAME),
    kept("--sccache-region", Last, SAME),
    kept("--tag", All, "names stay as written for every target"),
    kept("--no-tag-latest", Nothing, SAME),
    kept("--uid", Last, "only for the target `local-dev`"),
    kept("--gid", Last, "only for the target `local-dev`"),
    kept("--push", Nothing, "names of one word are left out of the push, with a note"),
    kept("--no-load", Nothing, SAME),
    kept("--cache-from", All, "what the engine cannot do is reported before the build"),
    kept("--cache-to", All, "what the engine cannot do is reported before the build"),
    kept("--no-cache", Nothing, SAME),
    kept("--dry-run", Nothing, "prints lines that a shell can run, and touches nothing"),
    kept("--help", Nothing, "needs no git repository"),
    gone("--release-build", Nothing, "the target `runtime`, where no other is named: that image is the release"),
    gone("--dev-image", Last, "the target `local-dev`: the dev image below it is built as well, and cached"),
    gone("--dynamo-base-image", Last, "left out: stages are built and cached together, not one image after the other"),
    gone("--use-default-experimental-tensorrtllm-commit", Nothing, "left out: build.sh had it until October 2025; name a commit by `--tensorrtllm-commit`"),
    gone("--trtllm-use-nixl-kvcache-experimental", Nothing, "left out: build.sh had it until October 2025"),
    gone("--tensorrtllm-backend-commit", Last, "left out: build.sh had it until March 2025"),
    gone("--tensorrtllm-backend-repo-tag", Last, "left out: build.sh had it until March 2025"),
    gone("--tensorrtllm-backend-rebuild", Last, "left out: build.sh had it until March 2025"),
    gone("--skip-clone-tensorrtllm", Last, "left out: build.sh had it until March 2025"),
    gone("--ci", Nothing, "left out: build.sh never had it, although its pipelines gave it"),
];

/// Returns the row of an option as it was typed.
pub(super) fn find(option: &str) -> Option<&'static Row> {
    let option = match option {
        "-h" | "-?" => "--help",
        option => option,
    };
    OPTIONS.iter().find(|row| row.original == option)
}
