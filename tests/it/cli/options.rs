//! What build.sh's options mean here, and which of them do not go together.

use serde_json::{Value, json};
use test_case::test_case;

use super::test_env::TestEnv;

/// A framework that takes TensorRT-LLM from each of the places, with EFA over its images.
fn with_trtllm() -> TestEnv {
    let env = TestEnv::new();
    env.edit(
        "config/profiles/demo.toml",
        "[args]\n",
        "[targets.aws]\nfragment = \"demo/base\"\nstage = \"base\"\n\
         [targets.base-aws]\nfragment = \"demo/base\"\nstage = \"base\"\n\
         [targets.local-dev]\nfragment = \"demo/local-dev\"\n\
         [args]\nTENSORRTLLM_SOURCE = \"image\"\n",
    );
    env.write(
        "config/dockerfiles/demo/local-dev.Dockerfile",
        "FROM scratch AS local-dev\nARG USER_UID\nARG USER_GID\n",
    );
    env.edit(
        "config/dockerfiles/demo/base.Dockerfile",
        "ARG GREETING\n",
        "ARG GREETING\nARG TENSORRTLLM_SOURCE\nARG TENSORRTLLM_PIP_WHEEL\nARG TENSORRTLLM_INDEX_URL\n\
         ARG TENSORRTLLM_GIT_URL\nARG GITHUB_TRTLLM_COMMIT\n",
    );
    env.write("repository/wheels/deep/tensorrt_llm-1.whl", "");
    env
}

fn planned(env: &TestEnv, options: &str) -> Value {
    let text = env
        .run(&format!("plan --format json --no-tag-latest {options}"))
        .result();
    serde_json::from_str(&text).expect("JSON")
}

#[test_case("", &[("SOURCE", "image")]; "nothing said")]
#[test_case("--tensorrtllm-pip-wheel tensorrt-llm==1.2.0", &[("SOURCE", "wheel"), ("PIP_WHEEL", "tensorrt-llm==1.2.0")]; "a wheel")]
#[test_case("--tensorrtllm-pip-wheel=x --tensorrtllm-index-url=https://x.example/", &[("SOURCE", "wheel"), ("INDEX_URL", "https://x.example/")]; "a wheel of an index")]
#[test_case("--tensorrtllm-pip-wheel-dir wheels", &[("SOURCE", "directory")]; "a directory")]
#[test_case("--tensorrtllm-git-url https://x.example/r --tensorrtllm-commit 1.2.0", &[("SOURCE", "git"), ("GIT_URL", "https://x.example/r")]; "a repository")]
fn tensorrtllm_comes_from_one_place(options: &str, expected: &[(&str, &str)]) {
    let env = with_trtllm();
    let plan = planned(&env, &format!("--target base {options}"));
    let target = &plan["targets"][0];
    for (name, value) in expected {
        let name = format!("TENSORRTLLM_{name}");
        assert_eq!(target["build_args"][&name], json!(value), "{name}");
    }
    let context = options
        .contains("-dir")
        .then_some("[DIR]/repository/wheels");
    assert_eq!(target["contexts"]["trtllm_wheel"], json!(context));
}

#[test]
fn a_version_of_tensorrtllm_is_its_tag() {
    let options = "--target base --tensorrtllm-git-url u --tensorrtllm-commit 1.3.0rc1";
    let plan = planned(&with_trtllm(), options);
    let commit = &plan["targets"][0]["build_args"]["GITHUB_TRTLLM_COMMIT"];
    assert_eq!(*commit, json!("v1.3.0rc1"));
}

#[test]
fn places_of_tensorrtllm_exclude_each_other() {
    let env = with_trtllm();
    let ran = env.run(
        "plan --tensorrtllm-pip-wheel x --tensorrtllm-git-url u --tensorrtllm-pip-wheel-dir wheels",
    );
    insta::assert_snapshot!(ran.failure(), @"
    exit 2
    stderr:
    error: TensorRT-LLM comes from one place, but `--tensorrtllm-pip-wheel` and `--tensorrtllm-pip-wheel-dir` and `--tensorrtllm-git-url` were given
      hint: Keep one: a released wheel, a directory with a wheel, or a repository to compile

    error: `--tensorrtllm-git-url` does not say what to compile
      hint: Add a tag or a commit: `--tensorrtllm-commit REF`

    2 problems found
    ");
    let ran = env.run("plan --tensorrtllm-index-url u");
    insta::assert_snapshot!(ran.failure(), @"
    exit 2
    stderr:
    error: `--tensorrtllm-index-url` is the index of a wheel, but none was given
      hint: Add it: `--tensorrtllm-pip-wheel tensorrt-llm==VERSION`
    ");
    let ran = env.run("plan --tensorrtllm-pip-wheel-dir src");
    insta::assert_snapshot!(ran.failure(), @"
    exit 2
    stderr:
    error: No wheel of TensorRT-LLM in `[DIR]/repository/src`
      because: It has no `*.whl`, not even deeper down
      hint: Name a directory that has one: `--tensorrtllm-pip-wheel-dir DIR`
    ");
    let ran = env.run("plan --tensorrtllm-pip-wheel-dir nowhere");
    insta::assert_snapshot!(ran.failure(), @"
    exit 2
    stderr:
    error: No wheel of TensorRT-LLM in `[DIR]/repository/nowhere`
      because: failed to read directory `[DIR]/repository/nowhere`: No such file or directory (os error 2)
      hint: Name a directory that has one: `--tensorrtllm-pip-wheel-dir DIR`
    ");
}

#[test]
fn options_for_other_builds_are_refused() {
    let ran = with_trtllm().run("plan --target base --uid 7 --gid 8");
    insta::assert_snapshot!(ran.failure(), @"
    exit 2
    stderr:
    error: `--uid` does nothing here: no stage declares `USER_UID`
      hint: It is for another target: `--target local-dev`

    error: `--gid` does nothing here: no stage declares `USER_GID`
      hint: It is for another target: `--target local-dev`

    2 problems found
    ");
    let ran = TestEnv::new().run("plan --tensorrtllm-pip-wheel x");
    insta::assert_snapshot!(ran.failure(), @"
    exit 2
    stderr:
    error: `--tensorrtllm-pip-wheel` does nothing here: no stage declares `TENSORRTLLM_SOURCE`
      hint: Leave `--tensorrtllm-pip-wheel` out, or name another framework than `demo`
    ");
}

#[test]
fn the_user_of_a_local_dev_image_can_be_chosen() {
    let plan = planned(&with_trtllm(), "--target local-dev --uid 7 --gid=8");
    let build_args = &plan["targets"][0]["build_args"];
    assert_eq!(
        *build_args,
        json!({"SOURCE_DATE_EPOCH": "1700000000", "USER_GID": "8", "USER_UID": "7"})
    );
}

#[test]
fn an_image_for_root_alone_is_told_before_it_is_built() {
    let ran = with_trtllm().run("plan --target local-dev --uid 0 --gid 0");
    insta::assert_snapshot!(ran.stderr, @"note: `local-dev` is an image for one user, and cannot be root's: add `--uid` and `--gid`");
}

#[test]
fn efa_is_another_image_over_the_same_target() {
    let env = with_trtllm();
    let plan = planned(&env, "--make-efa --target base --target runtime");
    let names = plan["targets"].as_array().expect("targets").iter();
    let names: Vec<_> = names.map(|target| target["target"].clone()).collect();
    assert_eq!(
        names,
        [
            json!("base"),
            json!("runtime"),
            json!("base-aws"),
            json!("aws")
        ]
    );
    insta::assert_snapshot!(TestEnv::new().run("plan --make-efa").failure(), @"
    exit 2
    stderr:
    error: Unknown target `runtime-aws` for framework `demo`
      because: Set by `--make-efa`
      hint: Did you mean `runtime`?
      hint: Valid targets: `base`, `runtime`
    ");
}

#[test]
fn of_an_option_that_is_given_twice_the_last_counts() {
    let plan = planned(
        &TestEnv::new(),
        "--nixl-ref 1 --nixl-ref=2 --no-cache --no-cache --source tree --source wheel",
    );
    let target = &plan["targets"][0];
    assert_eq!(target["build_args"]["NIXL_REF"], json!("2"));
    assert_eq!(target["source"], json!("wheel"));
}

#[test]
fn help_has_the_old_spelling_too() {
    let env = TestEnv::new();
    assert_eq!(env.run("-?").result(), env.run("-h").result());
}

#[test]
fn variables_that_build_sh_read_are_told_once() {
    let env = TestEnv::new()
        .with("CUDA_VERSION", "13.0")
        .with("MAX_JOBS", "3")
        .with("TARGET", "base")
        .with("GITHUB_TOKEN", "t");
    let ran = env.run("plan --format json --vllm-max-jobs 5");
    insta::assert_snapshot!(ran.stderr, @"warning: The environment variables `TARGET`, `CUDA_VERSION` are ignored, unlike by build.sh: say `--target`, `--cuda-version`");
    let plan: Value = serde_json::from_str(&ran.stdout).expect("JSON");
    let target = &plan["targets"][0];
    assert_eq!(target["device"], json!("cpu"));
    assert_eq!(target["build_args"]["MAX_JOBS"], json!("5"));
}
