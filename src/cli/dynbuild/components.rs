//! Flags of single components: each is a build argument, a feature or a part of the compiler cache.

use super::args::ComponentArgs;
use crate::plan::{Named, SccacheSettings, Setting, Settings};
use crate::profile::{SccacheBackend, split_image};

/// Adds what the flags say to the settings.
pub(super) fn components_into(args: &ComponentArgs, settings: &mut Settings) {
    let ComponentArgs {
        base_image,
        base_image_tag,
        nixl_ref,
        efa_version,
        vllm_max_jobs,
        enable_kvbm,
        enable_gpu_memory_service,
        enable_media_nixl,
        enable_media_ffmpeg,
        make_efa,
        use_sccache,
        sccache_bucket,
        sccache_region,
        sccache_backend,
        sccache_endpoint,
        sccache_key_prefix,
    } = args;
    let (image, tag) = image(base_image.as_deref(), base_image_tag.as_deref());
    let jobs = vllm_max_jobs.map(|jobs| jobs.to_string());
    let options = [
        ("--base-image", "BASE_IMAGE", image),
        ("--base-image-tag", "BASE_IMAGE_TAG", tag),
        ("--nixl-ref", "NIXL_REF", nixl_ref.as_deref()),
        ("--efa-version", "EFA_VERSION", efa_version.as_deref()),
        ("--vllm-max-jobs", "MAX_JOBS", jobs.as_deref()),
    ];
    settings.options.extend(
        options
            .into_iter()
            .filter_map(|(flag, name, value)| Some(Setting::flag(Named::new(name, value?), flag))),
    );
    let features = [
        ("--enable-kvbm", enable_kvbm),
        ("--enable-gpu-memory-service", enable_gpu_memory_service),
        ("--enable-media-nixl", enable_media_nixl),
        ("--enable-media-ffmpeg", enable_media_ffmpeg),
    ];
    settings.features.extend(
        features
            .into_iter()
            .filter(|(_, on)| **on)
            .map(|(flag, _)| {
                let feature = flag.trim_start_matches("--enable-");
                Setting::flag(Named::new(feature, true), flag)
            }),
    );
    settings.efa = make_efa.then(|| Setting::flag(true, "--make-efa"));
    let text = |flag: &str, value: &Option<String>| {
        let value = value.as_deref()?;
        Some(Setting::flag(value, flag))
    };
    settings.sccache = SccacheSettings {
        backend: sccache_backend
            .map(|backend| Setting::flag(backend, "--sccache-backend"))
            .or_else(|| use_sccache.then(|| Setting::flag(SccacheBackend::S3, "--use-sccache"))),
        bucket: text("--sccache-bucket", sccache_bucket),
        region: text("--sccache-region", sccache_region),
        endpoint: text("--sccache-endpoint", sccache_endpoint),
        key_prefix: text("--sccache-key-prefix", sccache_key_prefix),
    };
}

/// Returns the name and the tag of the base image: `--base-image` may have both.
fn image<'a>(image: Option<&'a str>, tag: Option<&'a str>) -> (Option<&'a str>, Option<&'a str>) {
    match (image.and_then(split_image), tag) {
        (Some((name, own_tag)), None) => (Some(name), Some(own_tag)),
        (Some(_) | None, _) => (image, tag),
    }
}

#[cfg(test)]
mod tests {
    use test_case::test_case;

    use super::*;

    #[test_case(Some("a:5000/b"), Some("c") => (Some("a:5000/b"), Some("c")); "apart")]
    #[test_case(Some("a:5000/b:c"), None => (Some("a:5000/b"), Some("c")); "together")]
    #[test_case(Some("b"), None => (Some("b"), None); "the profile's tag")]
    #[test_case(None, Some("c") => (None, Some("c")); "the profile's name")]
    fn the_base_image_may_be_given_in_parts(
        name: Option<&'static str>,
        tag: Option<&'static str>,
    ) -> (Option<&'static str>, Option<&'static str>) {
        image(name, tag)
    }
}
