//! Whole plans, from a profile's text to what is built.

mod names;
mod sets;

use std::collections::BTreeSet;
use std::path::PathBuf;

use insta::assert_snapshot;
use test_case::test_case;

use super::stages::Fragments;
use super::*;
use crate::git::{Checkout, SourceRevision, Version, VersionOrigin};
use crate::problem::{Problem, Problems};
use crate::profile::{Profile, SccacheBackend, Store, Template};
use crate::toml_file::{Located, SourceFile};

const PROFILE: &str = r#"
framework = "vllm"
default-device = "cuda12.9"
default-target = "dev"
default-source = "wheel"
sources = ["wheel", "tree"]

[devices."cuda12.9"]
platforms = ["linux/amd64", "linux/arm64"]
base-image = "example.com/devel:12.9"
runtime-image = "example.com/runtime:12.9"
args.CUDA_VERSION = "12.9"
[devices."cuda13.0"]
platforms = ["linux/amd64"]
base-image = "example.com/devel:13.0@sha256:00"
[devices.xpu]

[targets.base]
[targets.runtime]
fragment = "runtime/vllm"
needs = ["base"]
[targets.dev]
needs = ["runtime", "base"]
tags.latest = "dynamo:latest-{framework}"
[targets.frontend]
devices = "xpu"

[args]
PYTHON_VERSION = "3.12"
MAX_JOBS = 16
[[when]]
device = "cuda13.*"
args.PYTHON_VERSION = "3.13"
[[when]]
target = "dev"
args.PYTHON_VERSION = "3.14"

[components.nats]
version = "2.10.28"
[components.nats.sha256]
"linux/amd64" = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
"linux/arm64" = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"

[features.kvbm]
default = true
[features.media]
devices = "xpu"

[secrets.hf-token]
env = "HF_TOKEN"
[secrets.netrc]
file = "~/.netrc"
[secrets.unused]
env = "UNUSED"

[cache]
from = ["type=registry,ref=example.com/cache:{framework}{-device}"]
"#;

fn profile() -> Profile {
    Profile::parse(&SourceFile::new("profiles/vllm.toml", PROFILE)).unwrap()
}

fn facts() -> Facts {
    let base = "ARG BASE_IMAGE\nARG BASE_IMAGE_TAG\nFROM a AS base\nARG CUDA_VERSION\nARG PYTHON_VERSION\nARG NATS_VERSION\nARG NATS_SHA256_AMD64\nARG NATS_SHA256_ARM64\nRUN --mount=type=secret,id=netrc true\n";
    let runtime = "ARG RUNTIME_IMAGE\nARG RUNTIME_IMAGE_TAG\nFROM b AS runtime\nARG ENABLE_KVBM\nARG MAX_JOBS\nARG DYNAMO_COMMIT_SHA\nRUN --mount=type=secret,id=hf-token true\nCOPY --from=base / /\n";
    let dev = "FROM runtime AS dev\nARG FRAMEWORK\n";
    Facts {
        checkout: Checkout::At(SourceRevision {
            root: PathBuf::from("/src"),
            commit: "0123456789abcdef0123456789abcdef01234567".into(),
            short_commit: "0123456".into(),
            committed_at: "2026-01-02T03:04:05Z".parse().unwrap(),
            dirty: false,
            branch: Some("main".into()),
            version: Version {
                number: "0.9.0".into(),
                origin: VersionOrigin::HighestTag("v0.9.0".into()),
            },
            remote: Some("https://example.com/dynamo.git".into()),
            shallow: false,
        }),
        tree: None,
        host_platform: "linux/amd64".parse().unwrap(),
        source_date_epoch: None,
        home: Some("/home/me".into()),
        absent_secrets: ["hf-token".to_owned()].into(),
        user: Some(HostUser {
            uid: 1000,
            gid: 1000,
        }),
        fragments: Fragments::from_iter([
            ("base", base),
            ("runtime/vllm", runtime),
            ("dev", dev),
            ("frontend", "FROM c AS frontend\nARG ENABLE_MEDIA\n"),
        ]),
    }
}

fn with_fragment(name: &str, text: &str) -> Facts {
    Facts {
        fragments: Fragments::from_iter([(name, text)]),
        ..facts()
    }
}

fn target(name: &str) -> Settings {
    Settings {
        targets: vec![Setting::flag(name, "--target")],
        ..Settings::default()
    }
}

fn asked(flag: &str, values: &[&str]) -> Vec<Setting<String>> {
    let values = values.iter();
    values.map(|value| Setting::flag(*value, flag)).collect()
}

fn build_arg(name: &str, value: &str) -> Setting<Named<String>> {
    Setting::flag(Named::new(name, value), "--build-arg")
}

fn plan(settings: &Settings) -> Resolution {
    resolve(&profile(), settings, &facts())
        .map_err(draw)
        .unwrap()
}

/// Plans the only target, or the first one.
fn first(settings: &Settings) -> PlannedTarget {
    plan(settings).plan.targets.remove(0)
}

fn failure(settings: &Settings) -> String {
    draw(resolve(&profile(), settings, &facts()).unwrap_err())
}

fn draw(problems: Problems) -> String {
    let draw = |problem: Problem| {
        let places = problem.excerpts.iter().map(|excerpt| {
            let (line, column) = excerpt.line_column();
            format!("\n  at {}:{line}:{column}", excerpt.name)
        });
        let causes = problem
            .causes
            .iter()
            .map(|cause| format!("\n  because: {cause}"));
        let hints = problem.hints.iter().map(|hint| format!("\n  hint: {hint}"));
        let details: String = causes.chain(places).chain(hints).collect();
        format!("{}{details}", problem.message)
    };
    problems
        .0
        .into_iter()
        .map(draw)
        .collect::<Vec<_>>()
        .join("\n")
}

#[test]
fn defaults_make_a_whole_plan() {
    assert_snapshot!(render::json(&plan(&Settings::default()).plan), @r#"
    {
      "schema_version": 1,
      "targets": [
        {
          "name": "vllm-dev",
          "framework": "vllm",
          "target": "dev",
          "device": "cuda12.9",
          "source": "wheel",
          "version": "v0.9.0.dev.0123456",
          "platforms": [
            "linux/amd64"
          ],
          "tags": [
            "dynamo:v0.9.0.dev.0123456-vllm-dev",
            "dynamo:latest-vllm"
          ],
          "build_args": {
            "BASE_IMAGE": "example.com/devel",
            "BASE_IMAGE_TAG": "12.9",
            "CUDA_VERSION": "12.9",
            "DYNAMO_COMMIT_SHA": "0123456789abcdef0123456789abcdef01234567",
            "ENABLE_KVBM": "true",
            "FRAMEWORK": "vllm",
            "MAX_JOBS": "16",
            "NATS_SHA256_AMD64": "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
            "NATS_SHA256_ARM64": "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb",
            "NATS_VERSION": "2.10.28",
            "PYTHON_VERSION": "3.14",
            "RUNTIME_IMAGE": "example.com/runtime",
            "RUNTIME_IMAGE_TAG": "12.9"
          },
          "labels": {
            "dynbuild.device": "cuda12.9",
            "dynbuild.framework": "vllm",
            "dynbuild.target": "dev",
            "org.opencontainers.image.created": "2026-01-02T03:04:05Z",
            "org.opencontainers.image.revision": "0123456789abcdef0123456789abcdef01234567",
            "org.opencontainers.image.source": "https://example.com/dynamo.git",
            "org.opencontainers.image.version": "v0.9.0.dev.0123456"
          },
          "secrets": [
            "netrc"
          ],
          "context": ".",
          "contexts": {},
          "ssh": [],
          "cache_from": [
            "type=registry,ref=example.com/cache:vllm-cuda12.9"
          ],
          "cache_to": [],
          "outputs": [
            "type=docker"
          ],
          "attestations": [],
          "no_cache": false,
          "pull": false,
          "dockerfile": {
            "fragments": [
              "base",
              "runtime/vllm",
              "dev"
            ],
            "stage": "dev"
          }
        }
      ]
    }
    "#);
}

#[test]
fn people_read_where_each_value_comes_from() {
    let resolution = plan(&Settings {
        build_args: vec![build_arg("MAX_JOBS", "4")],
        ..target("runtime")
    });
    assert_snapshot!(render::text(&resolution, render::Detail::All), @"
    vllm-runtime
      framework   vllm
      device      cuda12.9
      source      wheel
      version     v0.9.0.dev.0123456
      platforms   linux/amd64
      context     .
      from        example.com/devel:12.9
                  example.com/runtime:12.9
      fragments   base → runtime/vllm
      stage       runtime
      tags        dynamo:v0.9.0.dev.0123456-vllm-runtime
                  dynamo:latest-vllm-runtime
      build args  BASE_IMAGE=example.com/devel       (profiles/vllm.toml:10)
                  BASE_IMAGE_TAG=12.9                (profiles/vllm.toml:10)
                  CUDA_VERSION=12.9                  (profiles/vllm.toml:12)
                  DYNAMO_COMMIT_SHA=0123456789abcdef0123456789abcdef01234567  (git)
                  ENABLE_KVBM=true                   (profiles/vllm.toml:45)
                  MAX_JOBS=4                         (--build-arg)
                  NATS_SHA256_AMD64=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa  (profiles/vllm.toml:41)
                  NATS_SHA256_ARM64=bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb  (profiles/vllm.toml:42)
                  NATS_VERSION=2.10.28               (profiles/vllm.toml:39)
                  PYTHON_VERSION=3.12                (profiles/vllm.toml:29)
                  RUNTIME_IMAGE=example.com/runtime  (profiles/vllm.toml:11)
                  RUNTIME_IMAGE_TAG=12.9             (profiles/vllm.toml:11)
      labels      dynbuild.device=cuda12.9  (the device)
                  dynbuild.framework=vllm   (the framework)
                  dynbuild.target=runtime   (the target)
                  org.opencontainers.image.created=2026-01-02T03:04:05Z  (git)
                  org.opencontainers.image.revision=0123456789abcdef0123456789abcdef01234567  (git)
                  org.opencontainers.image.source=https://example.com/dynamo.git  (git)
                  org.opencontainers.image.version=v0.9.0.dev.0123456  (git)
      secrets     netrc
      cache from  type=registry,ref=example.com/cache:vllm-cuda12.9
      outputs     type=docker
      compression zstd, if the engine has the containerd image store
    ");
}

#[test]
fn an_explanation_shows_what_was_overridden() {
    let resolution = plan(&Settings {
        options: vec![Setting::flag(
            Named::new("PYTHON_VERSION", "3.9"),
            "--python",
        )],
        build_args: vec![build_arg("PYTHON_VERSION", "3.8")],
        ..Settings::default()
    });
    let explained = resolution.explanation.find("python_version").unwrap();
    assert_snapshot!(explained[0].text(), @r"
    PYTHON_VERSION of dev = 3.8
      set by --build-arg
      over `3.9`, set by --python
      over `3.14`, set by profiles/vllm.toml:36
      over `3.12`, set by profiles/vllm.toml:29
    ");
    assert_snapshot!(serde_json::to_string(explained[0]).unwrap(), @r#"{"target":"dev","key":"PYTHON_VERSION","value":"3.8","origin":{"kind":"flag","flag":"--build-arg"},"overridden":[{"value":"3.9","origin":{"kind":"flag","flag":"--python"}},{"value":"3.14","origin":{"kind":"file","file":"profiles/vllm.toml","line":36}},{"value":"3.12","origin":{"kind":"file","file":"profiles/vllm.toml","line":29}}]}"#);
    let problem = resolution.explanation.find("PYTHN_VERSION").unwrap_err();
    assert_eq!(problem.hints[0], "Did you mean `PYTHON_VERSION`?");
}

#[test]
fn every_mistake_is_told_at_once() {
    let settings = Settings {
        targets: asked("--target", &["runtme", "nothing"]),
        devices: vec![Setting::new(
            "cuda12",
            Origin::Environment("DYNBUILD_DEVICE".into()),
        )],
        features: vec![Setting::flag(Named::new("kvm", true), "--enable-kvm")],
        ..Settings::default()
    };
    assert_snapshot!(failure(&settings), @r"
    Unknown feature `kvm` for framework `vllm`
      because: Set by `--enable-kvm`
      hint: Did you mean `kvbm`?
      hint: Valid features: `kvbm`, `media`
    Unknown device `cuda12` for framework `vllm`
      because: Set by `$DYNBUILD_DEVICE`
      hint: Did you mean `cuda12.9`?
      hint: Valid devices: `cuda12.9`, `cuda13.0`, `xpu`
    Unknown target `runtme` for framework `vllm`
      because: Set by `--target`
      hint: Did you mean `runtime`?
      hint: Valid targets: `base`, `runtime`, `dev`, `frontend`
    Unknown target `nothing` for framework `vllm`
      because: Set by `--target`
      hint: Valid targets: `base`, `runtime`, `dev`, `frontend`
    ");
}

#[test]
fn a_platform_must_be_one_of_the_device() {
    let settings = Settings {
        devices: vec![Setting::flag("cuda13.0", "--device")],
        platforms: vec![Setting::flag("linux/arm64,amd64,*", "--platform")],
        ..Settings::default()
    };
    assert_snapshot!(failure(&settings), @r"
    Platform `linux/arm64` does not exist for device `cuda13.0`
      because: Set by `--platform`
      hint: It exists for device: `cuda12.9`, `xpu`
    Platform `*` has a wildcard
      because: Set by `--platform`
      hint: Write OS/PROCESSOR, for example `linux/amd64` or `linux/arm64`
    ");
}

#[test]
fn a_target_must_exist_on_the_device() {
    assert_snapshot!(failure(&target("frontend")), @r"
    Target `frontend` does not exist for device `cuda12.9`
      because: Set by `--target`
      hint: It exists for device: `xpu`
    ");
}

#[test]
fn a_feature_must_exist_on_the_device() {
    let settings = Settings {
        features: vec![Setting::flag(Named::new("media", true), "--enable-media")],
        ..Settings::default()
    };
    assert_snapshot!(failure(&settings), @r"
    Feature `media` does not exist for device `cuda12.9`
      because: Set by `--enable-media`
      hint: It exists for device: `xpu`
    ");
}

#[test]
fn features_are_switched_and_the_last_switch_counts() {
    let switched = |values: &[bool]| {
        let features = values.iter();
        let features = features.map(|&on| Setting::flag(Named::new("kvbm", on), "--kvbm"));
        let settings = Settings {
            features: features.collect(),
            ..target("runtime")
        };
        first(&settings).build_args["ENABLE_KVBM"].clone()
    };
    assert_eq!(switched(&[]), "true");
    assert_eq!(switched(&[false]), "false");
    assert_eq!(switched(&[false, true]), "true");
}

#[test_case("cuda12.9", "runtime" => "3.12"; "the profile's own")]
#[test_case("cuda13.0", "runtime" => "3.13"; "a match")]
#[test_case("cuda13.0", "dev" => "3.14"; "the last match")]
fn conditions_add_arguments(device: &str, name: &str) -> String {
    let settings = Settings {
        devices: vec![Setting::flag(device, "--device")],
        ..target(name)
    };
    first(&settings).build_args["PYTHON_VERSION"].clone()
}

#[test]
fn a_digest_stays_with_the_tag_of_an_image() {
    let settings = Settings {
        devices: vec![Setting::flag("cuda13.0", "--device")],
        ..Settings::default()
    };
    let args = first(&settings).build_args;
    assert_eq!(args["BASE_IMAGE"], "example.com/devel");
    assert_eq!(args["BASE_IMAGE_TAG"], "13.0@sha256:00");
    assert!(!args.contains_key("RUNTIME_IMAGE"));
}

#[test]
fn one_build_for_two_platforms_gets_the_arguments_of_both() {
    let settings = Settings {
        platforms: vec![Setting::flag("linux/amd64,linux/arm64", "--platform")],
        ..Settings::default()
    };
    let target = first(&settings);
    let platforms = target.platforms.iter().map(ToString::to_string);
    assert_eq!(
        platforms.collect::<Vec<_>>(),
        ["linux/amd64", "linux/arm64"]
    );
    let args = &target.build_args;
    assert!(
        args["NATS_SHA256_AMD64"].starts_with('a') && args["NATS_SHA256_ARM64"].starts_with('b')
    );
}

#[test]
fn arguments_that_differ_by_platform_are_refused_in_one_build() {
    let facts = with_fragment("base", "FROM a AS base\nARG NATS_SHA256 ARCH\n");
    let settings = Settings {
        platforms: vec![Setting::flag("linux/amd64,linux/arm64", "--platform")],
        ..target("base")
    };
    let problems = resolve(&profile(), &settings, &facts).unwrap_err();
    assert_snapshot!(draw(problems), @r"
    Build argument `ARCH` differs by platform: `amd64` on linux/amd64, `arm64` on linux/arm64
      hint: Let the fragment choose by `TARGETARCH` instead of `ARCH`
      hint: Or build one platform at a time with `--platform`
    Build argument `NATS_SHA256` differs by platform: `aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa` on linux/amd64, `bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb` on linux/arm64
      at profiles/vllm.toml:41:17
      hint: Let the fragment choose by `TARGETARCH` instead of `NATS_SHA256`
      hint: Or build one platform at a time with `--platform`
    ");
    let single = resolve(&profile(), &target("base"), &facts).unwrap();
    assert_eq!(single.plan.targets[0].build_args["ARCH"], "amd64");
}

#[test]
fn build_args_win_and_unknown_ones_are_refused() {
    let settings = |allow: bool, name: &str| Settings {
        build_args: vec![build_arg("MAX_JOBS", "4"), build_arg(name, "x y")],
        allow_unknown_build_arg: allow,
        ..target("runtime")
    };
    assert_snapshot!(failure(&settings(false, "MAX_JOB")), @"
    No stage of `runtime` declares the build argument `MAX_JOB`
      because: Set by `--build-arg`
      at dockerfiles/runtime/vllm.Dockerfile:5:5
      hint: Did you mean `MAX_JOBS`?
      hint: Declared: `BASE_IMAGE`, `BASE_IMAGE_TAG`, `CUDA_VERSION`, `DYNAMO_COMMIT_SHA`, `ENABLE_KVBM`, `MAX_JOBS`, `NATS_SHA256_AMD64`, `NATS_SHA256_ARM64`, `NATS_VERSION`, `PYTHON_VERSION`, `RUNTIME_IMAGE`, `RUNTIME_IMAGE_TAG`
      hint: Pass it all the same with `--allow-unknown-build-arg`
    ");
    let args = |settings| first(&settings).build_args;
    assert_eq!(args(settings(true, "MAX_JOB"))["MAX_JOB"], "x y");
    assert_eq!(args(settings(false, "http_proxy"))["MAX_JOBS"], "4");
}

#[test]
fn an_option_without_effect_is_told() {
    let settings = Settings {
        options: vec![Setting::flag(
            Named::new("EFA_VERSION", "1"),
            "--efa-version",
        )],
        ..Settings::default()
    };
    let resolution = plan(&settings);
    assert!(
        !resolution.plan.targets[0]
            .build_args
            .contains_key("EFA_VERSION")
    );
    assert_eq!(
        resolution.notes,
        ["`--efa-version` has no effect: no stage declares `EFA_VERSION`"]
    );
}

fn tags(settings: &Settings) -> Vec<String> {
    first(settings).tags
}

#[test]
fn names_follow_the_original_rules() {
    assert_eq!(
        tags(&target("runtime")),
        [
            "dynamo:v0.9.0.dev.0123456-vllm-runtime",
            "dynamo:latest-vllm-runtime"
        ]
    );
    assert_eq!(
        tags(&Settings::default()),
        ["dynamo:v0.9.0.dev.0123456-vllm-dev", "dynamo:latest-vllm"]
    );
    let alias = Settings {
        frameworks: vec![Setting::flag("NONE", "--framework")],
        tag_latest: Some(Setting::flag(false, "--no-tag-latest")),
        ..target("runtime")
    };
    assert_eq!(tags(&alias), ["dynamo:v0.9.0.dev.0123456-none-runtime"]);
}

#[test]
fn all_names_of_the_user_are_kept_and_may_be_templates() {
    let settings = Settings {
        tags: vec![
            Setting::flag("one", "--tag"),
            Setting::flag("example.com/{framework}{-target}:{version}", "--tag"),
            Setting::flag("one:latest", "--tag"),
        ],
        ..target("runtime")
    };
    assert_eq!(
        tags(&settings),
        [
            "one:latest",
            "example.com/vllm-runtime:v0.9.0.dev.0123456",
            "dynamo:latest-vllm-runtime"
        ]
    );
}

#[test]
fn impossible_names_are_refused_with_the_reason() {
    let settings = Settings {
        tags: asked("--tag", &["Upper/Case", "x:{verison}", "x:-y"]),
        ..target("runtime")
    };
    assert_snapshot!(failure(&settings), @r"
    Invalid image name `x:{verison}`: no value is called `verison`; did you mean `version`?
      because: Set by `--tag`
    Image name `Upper/Case` has upper-case letters
      because: Set by `--tag`
      hint: Write `upper/case`
    Image name `x:-y` has a wrong tag: tag `-y` begins with `.` or `-`
      because: Set by `--tag`
      hint: Write `y`
    ");
}

#[test]
fn values_of_git_are_made_valid_and_that_is_told() {
    let mut facts = facts();
    let Checkout::At(revision) = &mut facts.checkout else {
        panic!("the fixture has a commit");
    };
    revision.version = Version {
        number: "team/nightly+1".into(),
        origin: VersionOrigin::ExactTag("team/nightly+1".into()),
    };
    let resolution = resolve(&profile(), &target("runtime"), &facts).unwrap();
    let target = &resolution.plan.targets[0];
    assert_eq!(target.tags[0], "dynamo:vteam-nightly-1-vllm-runtime");
    assert_eq!(
        target.labels["org.opencontainers.image.version"],
        "vteam/nightly+1"
    );
    assert_snapshot!(resolution.notes.join("\n"), @"In image names, the version `vteam/nightly+1` is changed: characters that no tag may hold are now `-`");
}

#[test]
fn one_name_for_two_images_is_refused() {
    let settings = Settings {
        tags: asked("--tag", &["a:b"]),
        ..two_targets()
    };
    assert_snapshot!(failure(&settings), @"
    The image name `a:b` would go to several images: vllm-base, vllm-runtime
      because: Set by `--tag`
      hint: Write a template that distinguishes them, for example `--tag registry.example/name:{version}-{framework}-{device}-{target}`, and leave the moving name out with `--no-tag-latest`
    ");
}

fn outputs(target: &PlannedTarget) -> Vec<String> {
    target.outputs.iter().map(ToString::to_string).collect()
}

fn two_targets() -> Settings {
    Settings {
        targets: asked("--target", &["base", "runtime"]),
        ..Settings::default()
    }
}

#[test]
fn one_place_for_two_results_is_refused() {
    let caches = [
        "type=registry,ref=r/c,mode=max",
        "type=gha",
        "type=local,dest=d",
        "type=inline",
    ];
    let outputs = [
        "type=oci,dest=out.tar",
        "-",
        "type=image,name=r/n,push=true",
        "type=docker",
    ];
    let settings = Settings {
        cache_to: asked("--cache-to", &caches),
        outputs: asked("--output", &outputs),
        ..two_targets()
    };
    assert_snapshot!(failure(&settings), @"
    The cache `type=gha,scope=buildkit` would be written by several targets: vllm-base, vllm-runtime
      because: Set by `--cache-to`
      hint: Give each its own, such as `type=gha,scope=buildkit-{target}`, or build one target at a time
    The cache `type=local,dest=d,tag=latest` would be written by several targets: vllm-base, vllm-runtime
      because: Set by `--cache-to`
      hint: Give each its own, such as `type=local,dest=d,tag=latest-{target}`, or build one target at a time
    The cache `type=registry,ref=r/c` would be written by several targets: vllm-base, vllm-runtime
      because: Set by `--cache-to`
      hint: Give each its own, such as `type=registry,ref=r/c-{target}`, or build one target at a time
    The output `out.tar` would be written by several targets: vllm-base, vllm-runtime
      because: Set by `--output`
      hint: Give each its own, such as `dest=out-{target}`, or build one target at a time
    The image name `r/n` would be written by several targets: vllm-base, vllm-runtime
      because: Set by `--output`
      hint: Give each its own, such as `name=r/n-{target}`, or build one target at a time
    Standard output would be written by several targets: vllm-base, vllm-runtime
      because: Set by `--output`
      hint: Write files, such as `--output type=tar,dest={target}.tar`, or build one target at a time
    ");
    let alone = Settings {
        targets: vec![Setting::flag("base", "--target")],
        ..settings
    };
    plan(&alone);
}

#[test]
fn caches_and_outputs_may_be_templates() {
    let settings = Settings {
        cache_from: vec![Setting::flag("r/c:{target}", "--cache-from")],
        cache_to: asked("--cache-to", &["type=gha,scope={framework}{-target}"]),
        outputs: vec![Setting::flag("out-{target}", "--output")],
        ..two_targets()
    };
    let plan = plan(&settings).plan;
    let places = plan.targets.iter().map(|target| {
        let (from, to) = (&target.cache_from, &target.cache_to);
        format!("{from:?} {to:?} {:?}", outputs(target))
    });
    assert_snapshot!(places.collect::<Vec<_>>().join("\n"), @r#"
    [r/c:base] [type=gha,scope=vllm-base] ["out-base"]
    [r/c:runtime] [type=gha,scope=vllm-runtime] ["out-runtime"]
    "#);
    let wrong = Settings {
        cache_to: asked("--cache-to", &["type=gha,token=canary,scope={tagret}"]),
        outputs: vec![Setting::flag("out-{target", "--output")],
        ..Settings::default()
    };
    assert_snapshot!(failure(&wrong), @"
    Invalid output `out-{target`: a `{` is not closed
      because: Set by `--output`
    Invalid cache `type=gha,token=****,scope={tagret}`: no value is called `tagret`; did you mean `target`?
      because: Set by `--cache-to`
    ");
}

#[test]
fn several_targets_are_planned_once_each() {
    let settings = Settings {
        targets: asked("--target", &["base", "runtime", "base"]),
        ..Settings::default()
    };
    let plan = plan(&settings).plan;
    let fragments: Vec<_> = plan
        .targets
        .iter()
        .map(|target| &target.dockerfile.fragments)
        .collect();
    assert_eq!(
        fragments,
        [
            &vec!["base".to_owned()],
            &vec!["base".into(), "runtime/vllm".into()]
        ]
    );
}

#[test]
fn a_push_takes_only_names_with_a_registry() {
    let push = |tags: &[&str]| Settings {
        push: Some(Setting::flag(true, "--push")),
        tags: asked("--tag", tags),
        ..target("runtime")
    };
    assert_snapshot!(failure(&push(&[])), @r"
    Nothing to push: the image names of target `runtime` name no registry
      hint: Its names: dynamo:v0.9.0.dev.0123456-vllm-runtime, dynamo:latest-vllm-runtime
      hint: Name a registry, for example `--tag registry.example/name:{version}{-target}`
    ");
    let resolution = plan(&push(&["example.com/a:1"]));
    assert_eq!(resolution.plan.targets[0].tags, ["example.com/a:1"]);
    assert_eq!(outputs(&resolution.plan.targets[0]), ["type=registry"]);
    assert_eq!(
        resolution.notes,
        ["`dynamo:latest-vllm-runtime` names no registry and is not pushed"]
    );
    let loaded = Settings {
        load: Some(Setting::flag(true, "--load")),
        ..push(&["example.com/a:1", "example.com/b:1"])
    };
    let resolution = plan(&loaded);
    let target = &resolution.plan.targets[0];
    assert_eq!(
        target.tags,
        [
            "example.com/a:1",
            "example.com/b:1",
            "dynamo:latest-vllm-runtime"
        ]
    );
    assert_eq!(
        outputs(target),
        [
            r#"type=registry,"name=example.com/a:1,example.com/b:1""#,
            "type=docker"
        ]
    );
    let line = render::buildx_line(&resolution.plan, target);
    assert!(!line.contains("--tag"), "{line}");
    let all = "example.com/a:1,example.com/b:1,dynamo:latest-vllm-runtime";
    let load = format!(r#"--output 'type=docker,"name={all}"'"#);
    assert!(line.contains(&load), "{line}");
}

/// `type=image,push=true` is the long form of `--push`.
#[test_case("type=registry")]
#[test_case("type=image,push=true")]
fn an_output_that_pushes_takes_only_names_with_a_registry(output: &str) {
    let settings = |extra: &[&str]| Settings {
        outputs: asked("--output", &[&[output], extra].concat()),
        tags: vec![Setting::flag("example.com/a:1", "--tag")],
        ..target("runtime")
    };
    let resolution = plan(&settings(&[]));
    assert_eq!(resolution.plan.targets[0].tags, ["example.com/a:1"]);
    assert_eq!(
        resolution.notes,
        ["`dynamo:latest-vllm-runtime` names no registry and is not pushed"]
    );
    let resolution = plan(&settings(&["type=docker"]));
    let target = &resolution.plan.targets[0];
    assert_eq!(
        target.tags,
        ["example.com/a:1", "dynamo:latest-vllm-runtime"]
    );
    let named = format!("{output},name=example.com/a:1");
    assert_eq!(outputs(target), [named.as_str(), "type=docker"]);
    let none = Settings {
        tags: Vec::new(),
        ..settings(&[])
    };
    assert!(failure(&none).starts_with("Nothing to push"));
}

#[test]
fn a_name_of_an_owner_on_docker_hub_is_pushed() {
    let mut profile = profile();
    let own = Template::parse("me/dynamo:{version}").unwrap();
    profile.tags.primary = Some(Located {
        value: own,
        at: profile.framework.clone().unwrap().at,
    });
    let settings = Settings {
        push: Some(Setting::flag(true, "--push")),
        ..target("runtime")
    };
    let resolution = resolve(&profile, &settings, &facts()).unwrap();
    assert_eq!(
        resolution.plan.targets[0].tags,
        ["me/dynamo:v0.9.0.dev.0123456", "me/dynamo:latest"]
    );
}

#[test]
fn secrets_are_those_that_stages_mount_and_the_machine_has() {
    let ids = |settings: &Settings, facts: &Facts| {
        let plan = resolve(&profile(), settings, facts).unwrap().plan;
        plan.targets[0].secrets.clone()
    };
    let netrc = PlannedSecret {
        id: "netrc".into(),
        source: SecretSource::File("/home/me/.netrc".into()),
    };
    assert_eq!(ids(&target("runtime"), &facts()), [netrc]);
    let present = Facts {
        absent_secrets: BTreeSet::new(),
        ..facts()
    };
    assert_eq!(ids(&target("runtime"), &present).len(), 2);
    assert_eq!(ids(&target("base"), &present).len(), 1);
}

#[test]
fn a_secret_that_was_asked_for_must_be_there() {
    let source = SecretSource::Environment("MY_TOKEN".into());
    let settings = Settings {
        secrets: vec![Setting::flag(Named::new("hf-token", source), "--secret")],
        ..target("runtime")
    };
    assert_snapshot!(failure(&settings), @r"
    Secret `hf-token` is required, but the environment variable `MY_TOKEN` is missing
      because: Set by `--secret`
      hint: Set it: `export MY_TOKEN=…`
    ");
}

#[test]
fn a_variable_may_name_a_secret_that_is_gone() {
    let source = SecretSource::File("/gone".into());
    let named = Named::new("hf-token", source);
    let origin = Origin::Environment("AWS_WEB_IDENTITY_TOKEN_FILE".into());
    let settings = Settings {
        secrets: vec![Setting::new(named, origin)],
        ..target("runtime")
    };
    let secrets = first(&settings).secrets;
    assert!(secrets.iter().all(|secret| secret.id != "hf-token"));
}

#[test]
fn a_compiler_cache_must_be_described_completely() {
    let settings = Settings {
        sccache: SccacheSettings {
            backend: Some(Setting::flag(SccacheBackend::S3, "--use-sccache")),
            ..SccacheSettings::default()
        },
        ..Settings::default()
    };
    assert_snapshot!(failure(&settings), @r"
    The sccache backend `s3` needs a bucket
      because: Set by `--use-sccache`
      hint: Add `--sccache-bucket`, or set `bucket` in `[sccache]`
    The sccache backend `s3` needs a region
      because: Set by `--use-sccache`
      hint: Add `--sccache-region`, or set `region` in `[sccache]`
    ");
}

#[test]
fn a_missing_fragment_is_named() {
    let facts = Facts {
        fragments: Fragments::from_iter([("base", "FROM a\n"), ("runtime/vllm", "FROM b\n")]),
        ..facts()
    };
    let problems = resolve(&profile(), &Settings::default(), &facts).unwrap_err();
    assert_snapshot!(draw(problems), @r"
    Target `dev` needs `dockerfiles/dev.Dockerfile`, which does not exist
      at profiles/vllm.toml:22:10
      hint: Fragments: `base`, `runtime/vllm`
    ");
}

#[test]
fn a_broken_fragment_is_told_instead_of_what_it_would_declare() {
    let facts = with_fragment("base", "FROM a AS base\nENV\n");
    let settings = Settings {
        build_args: vec![build_arg("A", "b")],
        ..target("base")
    };
    assert_snapshot!(draw(resolve(&profile(), &settings, &facts).unwrap_err()), @"
    Cannot parse the Dockerfile fragment: `ENV` needs a value
      at dockerfiles/base.Dockerfile:2:1
      hint: The instructions are listed at https://docs.docker.com/reference/dockerfile
    ");
}

#[test]
fn a_profile_without_defaults_says_what_to_give() {
    let text = "framework = \"x\"\n[devices.a]\n[devices.b]\n[targets.t]\n";
    let profile = Profile::parse(&SourceFile::new("x.toml", text)).unwrap();
    let problems = resolve(&profile, &Settings::default(), &facts()).unwrap_err();
    assert_snapshot!(draw(problems), @r"
    No device was given, and framework `x` has no default
      hint: Give one with `--device`: `a`, `b`
    No target was given, and framework `x` has no default
      hint: Give one with `--target`: `t`
    ");
}

#[test]
fn without_a_repository_there_is_no_revision() {
    let facts = Facts {
        checkout: Checkout::NoRepository,
        source_date_epoch: Some("2026-05-06T00:00:00Z".parse().unwrap()),
        ..facts()
    };
    let resolution = resolve(&profile(), &target("runtime"), &facts).unwrap();
    let target = &resolution.plan.targets[0];
    assert_eq!(target.tags[0], "dynamo:v0.0.1.dev-vllm-runtime");
    assert!(
        !target
            .labels
            .contains_key("org.opencontainers.image.revision")
    );
    assert_eq!(
        target.labels["org.opencontainers.image.created"],
        "2026-05-06T00:00:00Z"
    );
    assert_eq!(target.build_args["SOURCE_DATE_EPOCH"], "1778025600");
}

#[test_case(None, None, &[] => vec!["type=docker"]; "loaded by default")]
#[test_case(None, Some(false), &[] => vec!["type=cacheonly"]; "no load")]
#[test_case(None, None, &["type=oci,dest=x"] => vec!["type=oci,dest=x"]; "an output")]
#[test_case(None, Some(true), &["type=oci,dest=x"] => vec!["type=oci,dest=x", "type=docker"]; "an output and load")]
fn outputs_are_explicit(push: Option<bool>, load: Option<bool>, outputs: &[&str]) -> Vec<String> {
    let settings = Settings {
        push: push.map(|push| Setting::flag(push, "--push")),
        load: load.map(|load| Setting::flag(load, "--load")),
        outputs: asked("--output", outputs),
        ..Settings::default()
    };
    self::outputs(&first(&settings))
}

#[test]
fn a_command_line_repeats_the_plan() {
    let settings = Settings {
        build_args: vec![build_arg("MAX_JOBS", "it's $HOME; a b")],
        ..target("runtime")
    };
    let plan = plan(&settings).plan;
    assert_snapshot!(render::buildx_line(&plan, &plan.targets[0]), @r"dynbuild render --framework vllm --device cuda12.9 --source wheel --target runtime --platform linux/amd64 --context . | docker buildx build -f - --target runtime --platform linux/amd64 --build-arg 'BASE_IMAGE=example.com/devel' --build-arg 'BASE_IMAGE_TAG=12.9' --build-arg 'CUDA_VERSION=12.9' --build-arg 'DYNAMO_COMMIT_SHA=0123456789abcdef0123456789abcdef01234567' --build-arg 'ENABLE_KVBM=true' --build-arg 'MAX_JOBS=it'\''s $HOME; a b' --build-arg 'NATS_SHA256_AMD64=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa' --build-arg 'NATS_SHA256_ARM64=bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb' --build-arg 'NATS_VERSION=2.10.28' --build-arg 'PYTHON_VERSION=3.12' --build-arg 'RUNTIME_IMAGE=example.com/runtime' --build-arg 'RUNTIME_IMAGE_TAG=12.9' --tag dynamo:v0.9.0.dev.0123456-vllm-runtime --tag dynamo:latest-vllm-runtime --label 'dynbuild.device=cuda12.9' --label 'dynbuild.framework=vllm' --label 'dynbuild.target=runtime' --label 'org.opencontainers.image.created=2026-01-02T03:04:05Z' --label 'org.opencontainers.image.revision=0123456789abcdef0123456789abcdef01234567' --label 'org.opencontainers.image.source=https://example.com/dynamo.git' --label 'org.opencontainers.image.version=v0.9.0.dev.0123456' --secret 'id=netrc,src=/home/me/.netrc' --cache-from 'type=registry,ref=example.com/cache:vllm-cuda12.9' --output 'type=docker' '--provenance=false' .");
}

#[test_case(&[], true; "nothing")]
#[test_case(&["type=sbom"], true; "another statement")]
#[test_case(&["type=provenance,mode=max"], false; "one of its own")]
#[test_case(&["type=provenance,disabled=true"], false; "none by its own words")]
fn other_clients_attach_no_provenance_by_themselves(asked: &[&str], added: bool) {
    let settings = Settings {
        attestations: self::asked("--attest", asked),
        ..target("runtime")
    };
    let plan = plan(&settings).plan;
    let line = render::buildx_line(&plan, &plan.targets[0]);
    assert_eq!(line.contains("'--provenance=false'"), added);
    let bake = render::bake(&plan, |_| String::new());
    let attest = bake["target"]["vllm-runtime"]["attest"].as_array().unwrap();
    let off = attest.len() > asked.len();
    assert_eq!(off, added);
    assert!(!off || attest.contains(&"type=provenance,disabled=true".into()));
}

#[test]
fn bake_gets_names_that_it_takes() {
    let mut plan = plan(&target("runtime")).plan;
    let mut other = plan.targets[0].clone();
    plan.targets[0].name = "vllm_1.0".into();
    other.name = "vllm.1.0".into();
    plan.targets.push(other);
    let bake = render::bake(&plan, |_| String::new());
    let names = serde_json::json!(["vllm_1_0", "vllm_1_0_2"]);
    assert_eq!(bake["group"]["default"]["targets"], names);
    assert!(bake["target"]["vllm_1_0_2"].is_object());
}

fn shipped_facts() -> Facts {
    Facts {
        fragments: Fragments::embedded(),
        ..facts()
    }
}

#[test]
fn every_shipped_combination_has_a_plan() {
    let facts = shipped_facts();
    for profile in Store::embedded().load_all().unwrap() {
        let framework = profile.framework.clone().unwrap().value;
        for (device, table) in profile.devices.iter() {
            for platform in table.platforms.iter().flatten() {
                for name in profile.targets.names() {
                    let settings = Settings {
                        devices: vec![Setting::flag(device.value.clone(), "--device")],
                        platforms: vec![Setting::flag(platform.value.clone(), "--platform")],
                        ..target(name)
                    };
                    match resolve(&profile, &settings, &facts) {
                        Ok(resolution) => assert_eq!(resolution.plan.targets.len(), 1),
                        // A target may exist for some devices only; nothing else may be wrong.
                        Err(problems) => {
                            let text = draw(problems);
                            let place = format!("{framework} {} {name}", device.value);
                            assert!(text.contains("does not exist for"), "{place}: {text}");
                        }
                    }
                }
            }
        }
    }
}

#[test]
fn the_default_image_of_the_dynamo_profile() {
    let profile = Store::embedded().load("none").unwrap();
    let resolution = resolve(&profile, &Settings::default(), &shipped_facts()).unwrap();
    let target = &resolution.plan.targets[0];
    assert_eq!(
        (target.framework.as_str(), target.device.as_str()),
        ("dynamo", "cpu")
    );
    assert_eq!(
        target.dockerfile.fragments,
        [
            "scripts",
            "base",
            "native",
            "wheel_builder",
            "runtime_image",
            "runtime_base",
            "framework",
            "runtime"
        ]
    );
    assert_eq!(target.build_args["BASE_IMAGE_TAG"], "trixie-slim");
    assert_eq!(target.build_args["DYNAMO_SOURCE"], "wheel");
    assert_eq!(resolution.plan.schema_version, 1);
}
