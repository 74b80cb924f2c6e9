//! Broken profiles, fragments and settings files: every mistake at once, at its line.

use super::test_env::TestEnv;

const PROFILE: &str = "config/profiles/demo.toml";
const BASE: &str = "config/dockerfiles/demo/base.Dockerfile";

#[test]
fn all_mistakes_of_a_profile() {
    let env = TestEnv::new();
    env.edit(PROFILE, "description", "descripton");
    env.edit(PROFILE, "[\"wheel\", \"tree\"]", "[\"wheel\", \"tre\"]");
    env.edit(PROFILE, "default = false", "default = \"no\"");
    insta::assert_snapshot!(env.run("plan").failure(), @r#"
    exit 2
    stderr:
    error: Unknown key `descripton` in the file
     --> [DIR]/config/profiles/demo.toml:3:1
      |
    3 | descripton = "A framework for tests"
      | ^^^^^^^^^^ no such key
      hint: Did you mean `description`?

    error: Unknown source `tre`
     --> [DIR]/config/profiles/demo.toml:7:21
      |
    7 | sources = ["wheel", "tre"]
      |                     ^^^^^ no such source
      hint: Did you mean `tree`?
      hint: Valid here: `wheel`, `tree`

    error: `features.kvbm.default` is a string, but must be `true` or `false`
      --> [DIR]/config/profiles/demo.toml:31:11
       |
    31 | default = "no"
       |           ^^^^ expected `true` or `false`

    3 problems found
    "#);
}

#[test]
fn values_are_checked_next_to_keys_and_templates() {
    let env = TestEnv::new();
    env.edit(PROFILE, "description", "descripton");
    env.edit(PROFILE, "demo:{version}", "demo:{versoin}");
    env.edit(PROFILE, "\"linux/arm64\"", "\"linux-arm64\"");
    env.edit(PROFILE, "debian:bookworm-slim", "Debian");
    let failure = env.run("lint").failure();
    for found in [
        "Unknown key `descripton`",
        "Invalid template `demo:{versoin}",
        "Invalid platform `linux-arm64`",
        "Invalid image `docker.io/library/Debian`",
        "4 problems found",
    ] {
        assert!(failure.contains(found), "no {found:?} in {failure}");
    }
}

#[test]
fn a_profile_that_is_no_toml() {
    let env = TestEnv::new();
    env.edit(PROFILE, "[devices.cpu]", "[devices.cpu");
    insta::assert_snapshot!(env.run("plan").failure(), @"
    exit 2
    stderr:
    error: `[DIR]/config/profiles/demo.toml` is not valid TOML: unclosed table, expected `]`
     --> [DIR]/config/profiles/demo.toml:9:13
      |
    9 | [devices.cpu
      |             ^ here
    ");
}

#[test]
fn a_fragment_that_is_no_dockerfile() {
    let env = TestEnv::new();
    env.edit(BASE, "ARG GREETING", "ARG");
    insta::assert_snapshot!(env.run("plan").failure(), @r#"
    exit 2
    stderr:
    error: Cannot parse the Dockerfile fragment: `ARG` needs a value
     --> [DIR]/config/dockerfiles/demo/base.Dockerfile:4:1
      |
    4 | ARG
      | ^^^ here
      hint: The instructions are listed at https://docs.docker.com/reference/dockerfile
    "#);
}

#[test]
fn an_instruction_that_only_buildkit_may_know() {
    let env = TestEnv::new();
    env.edit(BASE, "RUN --mount=type=secret,id=token", "RUNN");
    let planned = env.run("plan");
    let note = "demo/base.Dockerfile:5: dynbuild does not know the instruction `RUNN`; did you mean `RUN`?";
    assert!(planned.stderr.contains(note), "{planned}");
}

#[test]
fn a_stage_that_exists_twice() {
    let env = TestEnv::new();
    env.edit(
        "config/dockerfiles/demo/runtime.Dockerfile",
        "AS runtime",
        "AS base",
    );
    insta::assert_snapshot!(env.run("render").failure(), @"
    exit 2
    stderr:
    error: The stage `base` is defined twice
     --> [DIR]/config/dockerfiles/demo/runtime.Dockerfile:1:14
      |
    1 | FROM base AS base
      |              ^^^^ here again
     --> [DIR]/config/dockerfiles/demo/base.Dockerfile:3:41
      |
    3 | FROM ${BASE_IMAGE}:${BASE_IMAGE_TAG} AS base
      |                                         ^^^^ here first
      hint: Rename one of the stages
    ");
}

#[test]
fn a_fragment_that_is_missing() {
    let env = TestEnv::new();
    env.edit(PROFILE, "demo/runtime", "demo/runtme");
    insta::assert_snapshot!(env.run("plan").failure(), @r#"
    exit 2
    stderr:
    error: Target `runtime` needs `dockerfiles/demo/runtme.Dockerfile`, which does not exist
      --> [DIR]/config/profiles/demo.toml:23:12
       |
    23 | fragment = "demo/runtme"
       |            ^^^^^^^^^^^^^ set here
      hint: Did you mean `demo/runtime`?
      hint: Fragments: `aws`, `base`, `demo/base`, `demo/runtime`, `dev`, `dev_tools`, `docs`, `framework`, `frontend`, `local-dev`, `native`, `runtime`, `runtime_base`, `runtime_image`, `runtime_image/trtllm`, `scripts`, `services`, `wheel_builder`
    "#);
}

#[test]
fn a_stage_that_is_missing_is_found_by_every_command() {
    let env = TestEnv::new();
    let written = "fragment = \"demo/runtime\"";
    env.edit(PROFILE, written, &format!("{written}\nstage = \"runtme\""));
    for command in ["plan", "plan --format bake", "render", "--dry-run"] {
        let ran = env.run(command).failure().clone();
        assert!(ran.contains("exit 2"), "{command}: {ran}");
        let error = "Target `runtime` is the stage `runtme`, which no fragment has";
        assert!(ran.contains(error), "{command}: {ran}");
        assert!(ran.contains("Did you mean `runtime`?"), "{command}: {ran}");
    }
}

#[test]
fn a_directory_without_profiles() {
    let env = TestEnv::new();
    insta::assert_snapshot!(env.run("plan --profile-dir src").failure(), @"
    exit 2
    stderr:
    error: The directory `[DIR]/repository/src` has neither `profiles/` nor `dockerfiles/`
      hint: Name the directory above them: `--profile-dir DIR`
    ");
}

#[test]
fn the_users_own_file() {
    let env = TestEnv::new();
    env.write(
        "home/.config/dynbuild/config.toml",
        "framwork = \"demo\"\ntargets = 3\n",
    );
    insta::assert_snapshot!(env.run("plan").failure(), @r#"
    exit 2
    stderr:
    error: Unknown key `framwork` in the file
     --> [DIR]/home/.config/dynbuild/config.toml:1:1
      |
    1 | framwork = "demo"
      | ^^^^^^^^ no such key
      hint: Did you mean `framework`?
      hint: Keys here: `framework`, `sets`, `builders`, `device`, `targets`, `platforms`, `source`, `tags`, `tag-latest`, `build-args`, `labels`, `features`, `secrets`, `cache`, `sccache`, `allow`

    error: `targets` is an integer, but must be an array
     --> [DIR]/home/.config/dynbuild/config.toml:2:11
      |
    2 | targets = 3
      |           ^ expected an array

    2 problems found
    "#);
    let env = TestEnv::new().with("DYNBUILD_CONFIG", "nowhere.toml");
    insta::assert_snapshot!(env.run("plan").failure(), @r"
    exit 2
    stderr:
    error: Cannot read your settings in `[DIR]/repository/nowhere.toml`
      because: No such file or directory (os error 2)
      hint: Correct `DYNBUILD_CONFIG`, or unset it
    ");
}
