//! Build arguments: what arrives as it was typed, and what reaches nothing.

use serde_json::{Value, json};

use super::test_env::{Ran, TestEnv};

const PROFILE: &str = "config/profiles/demo.toml";

fn target(ran: Ran) -> Value {
    let plan: Value = serde_json::from_str(&ran.result()).expect("JSON");
    plan["targets"][0].clone()
}

#[test]
fn values_arrive_as_they_were_typed() {
    let env = TestEnv::new();
    for value in [
        "a  b",
        "*",
        "$HOME `x` 'q' \"d\"",
        "a=b,c",
        "",
        " ",
        "\\",
        "ä\nb",
    ] {
        let argument = format!("GREETING={value}");
        let mut command = env.command(["plan", "--format", "json", "--build-arg", &argument]);
        let planned = target(env.finish(&mut command));
        assert_eq!(planned["build_args"]["GREETING"], json!(value));
    }
}

#[test]
fn whatever_is_repeated_is_kept() {
    let env = TestEnv::new();
    let stages = "AS runtime\nCOPY --from=one / /\nCOPY --from=two / /";
    env.edit(
        "config/dockerfiles/demo/runtime.Dockerfile",
        "AS runtime",
        stages,
    );
    let planned = target(env.run(
        "plan --format json --tag a:1 --tag=b:2 --build-context one=./a --build-context=two=b \
         --build-arg GREETING=1 --build-arg=MAX_JOBS=2 --cache-from type=gha --cache-from=r.example/c",
    ));
    assert_eq!(
        planned["tags"],
        json!(["a:1", "b:2", "demo:latest-runtime"])
    );
    assert_eq!(planned["contexts"], json!({"one": "./a", "two": "b"}));
    assert_eq!(planned["build_args"]["GREETING"], json!("1"));
    assert_eq!(planned["build_args"]["MAX_JOBS"], json!("2"));
    assert_eq!(planned["cache_from"], json!(["type=gha", "r.example/c"]));
}

#[test]
fn the_users_argument_wins_over_everything() {
    let env = TestEnv::new();
    env.edit(
        PROFILE,
        "[args]\n",
        "[[when]]\nargs.GREETING = \"when\"\n[args]\n",
    );
    let planned = target(env.run(
        "plan --format json --nixl-ref 1 --enable-kvbm --base-image x:1 --build-arg NIXL_REF=2 \
         --build-arg ENABLE_KVBM=false --build-arg BASE_IMAGE_TAG=2 --build-arg GREETING=user",
    ));
    for (name, value) in [
        ("NIXL_REF", "2"),
        ("ENABLE_KVBM", "false"),
        ("BASE_IMAGE", "x"),
        ("BASE_IMAGE_TAG", "2"),
        ("GREETING", "user"),
    ] {
        assert_eq!(planned["build_args"][name], json!(value), "{name}");
    }
}

#[test]
fn an_argument_that_reaches_nothing_is_refused() {
    let env = TestEnv::new();
    insta::assert_snapshot!(env.run("--dry-run --build-arg MAX_JOB=4").failure(), @"
    exit 2
    stderr:
    error: No stage of `runtime` declares the build argument `MAX_JOB`
      because: Set by `--build-arg`
     --> [DIR]/config/dockerfiles/demo/runtime.Dockerfile:2:5
      |
    2 | ARG MAX_JOBS
      |     ^^^^^^^^
      hint: Did you mean `MAX_JOBS`?
      hint: Declared: `BASE_IMAGE`, `BASE_IMAGE_TAG`, `EFA_VERSION`, `ENABLE_GPU_MEMORY_SERVICE`, `ENABLE_KVBM`, `ENABLE_MEDIA_FFMPEG`, `ENABLE_MEDIA_NIXL`, `GREETING`, `MAX_JOBS`, `NIXL_REF`, `SCCACHE_BUCKET`, `SCCACHE_REGION`, `USE_SCCACHE`
      hint: Pass it all the same with `--allow-unknown-build-arg`
    ");
    let planned =
        target(env.run("plan --format json --build-arg MAX_JOB=4 --allow-unknown-build-arg"));
    assert_eq!(planned["build_args"]["MAX_JOB"], json!("4"));
}

#[test]
fn an_argument_of_your_own_file_is_used_where_it_fits() {
    let env = TestEnv::new();
    env.write(
        "home/.config/dynbuild/config.toml",
        "[build-args]\nMAX_JOBS = 2\n",
    );
    insta::assert_snapshot!(env.run("plan --target base").stderr, @"");
    let planned = target(env.run("plan --format json"));
    assert_eq!(planned["build_args"]["MAX_JOBS"], json!("2"));
}

#[test]
fn what_a_profile_sets_for_nobody_is_told() {
    let env = TestEnv::new();
    env.edit(PROFILE, "MAX_JOBS = 4\n", "MAX_JOB = 4\nMAX_JOBS = 4\n");
    insta::assert_snapshot!(env.run("plan --target base").stderr, @"note: [DIR]/config/profiles/demo.toml:28: The build argument `MAX_JOB` has no effect: no stage of any target declares `MAX_JOB`; did you mean `MAX_JOBS`?");
    insta::assert_snapshot!(env.run("lint demo").failure(), @"
    exit 2
    stderr:
    error: The build argument `MAX_JOB` has no effect: no stage of any target declares `MAX_JOB` [arg-undeclared]
      --> [DIR]/config/profiles/demo.toml:28:1
       |
    28 | MAX_JOB = 4
       | ^^^^^^^ set here
      hint: Did you mean `MAX_JOBS`?
    ");
}

#[test]
fn a_flag_that_one_target_takes_is_not_called_useless() {
    let ran = TestEnv::new().run("plan --target base --target runtime --efa-version 1");
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""));
}
