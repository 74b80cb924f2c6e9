//! The flags of build.sh that name single components, each by what it does to the plan.

use serde_json::Value;
use test_case::test_case;

use super::test_env::TestEnv;

fn build_args(args: &str) -> Value {
    let text = TestEnv::new()
        .run(&format!("plan --format json {args}"))
        .result();
    let plan: Value = serde_json::from_str(&text).expect("JSON");
    plan["targets"][0]["build_args"].clone()
}

#[test_case("--base-image registry.example/debian", &[("BASE_IMAGE", "registry.example/debian"), ("BASE_IMAGE_TAG", "bookworm-slim")]; "base image")]
#[test_case("--base-image-tag 12", &[("BASE_IMAGE", "docker.io/library/debian"), ("BASE_IMAGE_TAG", "12")]; "base image tag")]
#[test_case("--device cuda13.0 --base-image-tag 13.1", &[("BASE_IMAGE_TAG", "13.1")]; "base image tag with CUDA")]
#[test_case("--base-image x:1", &[("BASE_IMAGE", "x"), ("BASE_IMAGE_TAG", "1")]; "base image with its tag")]
#[test_case("--nixl-ref 0.9.0", &[("NIXL_REF", "0.9.0")]; "nixl")]
#[test_case("--efa-version 1.46.0", &[("EFA_VERSION", "1.46.0")]; "efa")]
#[test_case("--vllm-max-jobs 10", &[("MAX_JOBS", "10")]; "jobs")]
#[test_case("--enable-kvbm", &[("ENABLE_KVBM", "true"), ("ENABLE_MEDIA_NIXL", "false")]; "kvbm")]
#[test_case("--enable-gpu-memory-service", &[("ENABLE_GPU_MEMORY_SERVICE", "true")]; "gpu memory service")]
#[test_case("--enable-media-nixl", &[("ENABLE_MEDIA_NIXL", "true")]; "media over nixl")]
#[test_case("--enable-media-ffmpeg", &[("ENABLE_MEDIA_FFMPEG", "true")]; "media by ffmpeg")]
#[test_case("--enable-kvbm --disable kvbm", &[("ENABLE_KVBM", "false")]; "the last switch")]
#[test_case("--use-sccache --sccache-bucket b --sccache-region r", &[("USE_SCCACHE", "true"), ("SCCACHE_BUCKET", "b"), ("SCCACHE_REGION", "r")]; "sccache")]
#[test_case("", &[("USE_SCCACHE", "false"), ("MAX_JOBS", "4")]; "nothing")]
#[test_case("--vllm-max-jobs 10 --build-arg MAX_JOBS=3", &[("MAX_JOBS", "3")]; "a build argument wins")]
fn a_flag_reaches_the_plan(args: &str, expected: &[(&str, &str)]) {
    let build_args = build_args(args);
    for (name, value) in expected {
        assert_eq!(build_args[name], *value, "{name} in {build_args}");
    }
}

#[test]
fn what_sccache_lacks_is_told_at_once() {
    insta::assert_snapshot!(TestEnv::new().run("--dry-run --use-sccache").failure(), @"
    exit 2
    stderr:
    error: The sccache backend `s3` needs a bucket
      because: Set by `--use-sccache`
      hint: Add `--sccache-bucket`, or set `bucket` in `[sccache]`

    error: The sccache backend `s3` needs a region
      because: Set by `--use-sccache`
      hint: Add `--sccache-region`, or set `region` in `[sccache]`

    2 problems found
    ");
}

#[test]
fn flags_without_effect_are_noted() {
    let ran = TestEnv::new().run("plan --target base --efa-version 1 --sccache-bucket b");
    assert_eq!(ran.code, Some(0));
    insta::assert_snapshot!(ran.stderr, @"
    note: `--sccache-bucket` has no effect without `--use-sccache`
    note: `--efa-version` has no effect: no stage declares `EFA_VERSION`
    ");
}

#[test]
fn a_feature_that_the_framework_lacks_is_refused() {
    let env = TestEnv::new();
    env.edit(
        "config/profiles/demo.toml",
        "[features.media-nixl]\ndefault = false\n",
        "",
    );
    insta::assert_snapshot!(env.run("plan --enable-media-nixl").failure(), @"
    exit 2
    stderr:
    error: Unknown feature `media-nixl` for framework `demo`
      because: Set by `--enable-media-nixl`
      hint: Did you mean `media-ffmpeg`?
      hint: Valid features: `kvbm`, `gpu-memory-service`, `media-ffmpeg`
    ");
}
