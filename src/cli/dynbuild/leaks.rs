//! Variables that build.sh took from the environment, mostly by accident, and that are ignored here.

use crate::cli::edge::Edge;
use crate::plan::{Origin, Settings};

/// A variable that build.sh read, and what to say instead.
#[derive(Clone, Copy, Debug)]
pub(super) struct Leak {
    /// The variable.
    pub(super) name: &'static str,
    /// The option that does the same.
    pub(super) option: &'static str,
}

const fn leak(name: &'static str, option: &'static str) -> Leak {
    Leak { name, option }
}

/// All of them. Tokens are not here: they are read, as secrets.
pub(super) const LEAKS: &[Leak] = &[
    leak("FRAMEWORK", "--framework"),
    leak("TARGET", "--target"),
    leak("CUDA_VERSION", "--cuda-version"),
    leak("BASE_IMAGE", "--base-image"),
    leak("BASE_IMAGE_TAG", "--base-image-tag"),
    leak("BUILD_ARGS", "--build-arg"),
    leak("DYNAMO_COMMIT_SHA", "--build-arg"),
    leak("BUILD_CONTEXT_ARG", "--build-context"),
    leak("CACHE_FROM", "--cache-from"),
    leak("CACHE_TO", "--cache-to"),
    leak("CUSTOM_UID", "--uid"),
    leak("CUSTOM_GID", "--gid"),
    leak("MAX_JOBS", "--vllm-max-jobs"),
    leak("MAKE_EFA", "--make-efa"),
    leak("ENABLE_MEDIA_NIXL", "--enable-media-nixl"),
    leak("ENABLE_MEDIA_FFMPEG", "--enable-media-ffmpeg"),
    leak("TENSORRTLLM_PIP_WHEEL_DIR", "--tensorrtllm-pip-wheel-dir"),
    leak("TENSORRTLLM_INDEX_URL", "--tensorrtllm-index-url"),
    leak("NO_TAG_LATEST", "--no-tag-latest"),
    leak("DRY_RUN", "--dry-run"),
    leak("commit_id", "--tag"),
    leak("current_tag", "--tag"),
    leak("latest_tag", "--tag"),
];

/// Warns once of the variables that are set, unless what they would do was said otherwise.
pub(super) fn warn(settings: &Settings, edge: &mut Edge) {
    let set: Vec<Leak> = LEAKS
        .iter()
        .filter(|leak| edge.environment.get(leak.name).is_some() && !is_said(leak, settings))
        .copied()
        .collect();
    if let Some(message) = message(&set) {
        edge.ui.warn(&message);
    }
}

fn message(set: &[Leak]) -> Option<String> {
    let list = |words: Vec<&str>| {
        let mut quoted: Vec<_> = words.iter().map(|word| format!("`{word}`")).collect();
        quoted.dedup();
        quoted.join(", ")
    };
    let names = list(set.iter().map(|leak| leak.name).collect());
    let options = list(set.iter().map(|leak| leak.option).collect());
    let (noun, verb) = match set.len() {
        0 => return None,
        1 => ("variable", "is"),
        _ => ("variables", "are"),
    };
    Some(format!(
        "The environment {noun} {names} {verb} ignored, unlike by build.sh: say {options}"
    ))
}

/// Returns whether something nearer than the profile decides already.
fn is_said(leak: &Leak, settings: &Settings) -> bool {
    match leak.name {
        "FRAMEWORK" => !settings.frameworks.is_empty(),
        "TARGET" => !settings.targets.is_empty(),
        "CUDA_VERSION" => !settings.devices.is_empty(),
        "CACHE_FROM" => !settings.cache_from.is_empty(),
        "CACHE_TO" => !settings.cache_to.is_empty(),
        "NO_TAG_LATEST" => settings.tag_latest.is_some(),
        "commit_id" | "current_tag" | "latest_tag" => !settings.tags.is_empty(),
        name => {
            let flag = Origin::Flag(leak.option.to_owned());
            let features = settings.features.iter().map(|feature| &feature.origin);
            let options = settings.options.iter().map(|option| &option.origin);
            let arguments = settings.build_args.iter().map(|arg| &arg.value.name);
            features.chain(options).any(|origin| *origin == flag)
                || arguments.into_iter().any(|argument| argument == name)
        }
    }
}
