//! `--dry-run`, `plan`, `render`, `explain`, `list`, `schema`, `env`, `lint`: no engine is asked.

use serde_json::{Value, json};

use super::test_env::TestEnv;
use crate::support::engines;

#[test]
fn a_dry_run_prints_one_line_and_touches_nothing() {
    let env = TestEnv::new();
    let before = env.files();
    let ran = env.run("--dry-run --metadata-file out.json");
    assert_eq!(env.files(), before);
    insta::assert_snapshot!(ran, @"
    exit 0
    stdout:
    dynbuild render --framework demo --device cpu --source wheel --target runtime --platform linux/amd64 --context [DIR]/repository --profile-dir [DIR]/config | docker buildx build -f - --target runtime --platform linux/amd64 --build-arg 'BASE_IMAGE=docker.io/library/debian' --build-arg 'BASE_IMAGE_TAG=bookworm-slim' --build-arg 'ENABLE_GPU_MEMORY_SERVICE=false' --build-arg 'ENABLE_KVBM=false' --build-arg 'ENABLE_MEDIA_FFMPEG=false' --build-arg 'ENABLE_MEDIA_NIXL=false' --build-arg 'GREETING=hello world' --build-arg 'MAX_JOBS=4' --build-arg 'SOURCE_DATE_EPOCH=1700000000' --build-arg 'USE_SCCACHE=false' --tag demo:v1.2.3-runtime --tag demo:latest-runtime --label 'dynbuild.device=cpu' --label 'dynbuild.framework=demo' --label 'dynbuild.target=runtime' --label 'org.opencontainers.image.created=2023-11-14T22:13:20Z' --label 'org.opencontainers.image.revision=73a97145c1d55ab78b74b24d8a8acd840c0e8bb9' --label 'org.opencontainers.image.version=v1.2.3' --label 'title=Demo runtime' --output 'type=docker' '--provenance=false' [DIR]/repository
    ");
}

#[test]
fn each_image_has_its_line_that_a_shell_reads_back() {
    let env = TestEnv::new().with("TOKEN", "canary");
    let text = env
        .run("--dry-run --target base --target runtime --build-arg \"GREETING=it's \\$x\"")
        .result();
    assert!(!text.contains("canary"));
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(lines.len(), 2);
    for (line, target) in lines.into_iter().zip(["base", "runtime"]) {
        let words = shell_words::split(line).expect("a shell line");
        let value = |option: &str| {
            let at = words.iter().rposition(|word| word == option);
            words[at.expect("the option") + 1].clone()
        };
        assert_eq!(words.iter().filter(|word| *word == "|").count(), 1);
        assert_eq!(value("--target"), target);
        assert_eq!(value("--secret"), "id=token,env=TOKEN");
        assert!(words.contains(&"GREETING=it's $x".to_owned()), "{line}");
    }
}

#[test]
fn the_render_command_of_a_dry_run_prints_the_dockerfile() {
    let env = TestEnv::new();
    let line = env.run("--dry-run --target base").result();
    let line = line.replace("[DIR]", &env.root());
    let words = shell_words::split(&line).expect("a shell line");
    let command: Vec<_> = words
        .split(|word| word == "|")
        .next()
        .expect("a command")
        .to_vec();
    assert_eq!(command[..2], ["dynbuild", "render"]);
    let rendered = env.finish(&mut env.command(&command[1..])).result();
    assert_eq!(rendered, env.run("render --target base").result());
    insta::assert_snapshot!(rendered, @r#"
    # check=skip=InvalidDefaultArgInFrom
    ARG BASE_IMAGE
    ARG BASE_IMAGE_TAG

    # [DIR]/config/dockerfiles/demo/base.Dockerfile
    FROM ${BASE_IMAGE}:${BASE_IMAGE_TAG} AS base
    ARG GREETING
    RUN --mount=type=secret,id=token echo "${GREETING}"
    "#);
}

#[test]
fn a_plan_for_people() {
    let ran = TestEnv::new().run("plan --tag x:1 --build-arg MAX_JOBS=2");
    insta::assert_snapshot!(ran, @"
    exit 0
    stdout:
    demo-runtime
      framework   demo
      device      cpu
      source      wheel
      version     v1.2.3
      platforms   linux/amd64
      context     [DIR]/repository
      from        docker.io/library/debian:bookworm-slim
      fragments   demo/base → demo/runtime
      stage       runtime
      tags        x:1
                  demo:latest-runtime
      build args  MAX_JOBS=2                    (--build-arg)
                  SOURCE_DATE_EPOCH=1700000000  ($SOURCE_DATE_EPOCH)
                  and 8 as the profile has them; `--all` shows them
      labels      org.opencontainers.image.created=2023-11-14T22:13:20Z  ($SOURCE_DATE_EPOCH)
                  and 6 as the profile has them; `--all` shows them
      outputs     type=docker
      compression zstd, if the engine has the containerd image store
    ");
}

fn shipped() -> TestEnv {
    TestEnv::new()
        .with("DYNBUILD_PROFILE_DIR", "")
        .with("DYNBUILD_FRAMEWORK", "")
}

#[test]
fn a_shipped_plan_fits_on_a_screen() {
    let env = shipped();
    for framework in ["dynamo", "vllm", "sglang", "trtllm"] {
        let text = env
            .run(&format!("plan --framework {framework} --target runtime"))
            .result();
        assert!(text.lines().count() <= 24, "{text}");
    }
}

#[test]
fn a_value_of_several_lines_stays_in_its_column() {
    let env = shipped();
    let text = env
        .run("plan --framework sglang --target runtime --all")
        .result();
    let at = text
        .find("ENGINE_COMPANIONS=")
        .expect("an argument of several lines");
    let lines: Vec<_> = text[at..].lines().take(3).collect();
    insta::assert_snapshot!(lines.join("\n"), @"
    ENGINE_COMPANIONS=distro
                  pyjwt
                  pyparsing  (profiles/sglang.toml:51)
    ");
}

#[test]
fn a_whole_plan_for_people() {
    let ran = TestEnv::new().run("plan --all --tag x:1 --build-arg MAX_JOBS=2");
    insta::assert_snapshot!(ran, @"
    exit 0
    stdout:
    demo-runtime
      framework   demo
      device      cpu
      source      wheel
      version     v1.2.3
      platforms   linux/amd64
      context     [DIR]/repository
      from        docker.io/library/debian:bookworm-slim
      fragments   demo/base → demo/runtime
      stage       runtime
      tags        x:1
                  demo:latest-runtime
      build args  BASE_IMAGE=docker.io/library/debian  ([DIR]/config/profiles/demo.toml:11)
                  BASE_IMAGE_TAG=bookworm-slim         ([DIR]/config/profiles/demo.toml:11)
                  ENABLE_GPU_MEMORY_SERVICE=false      ([DIR]/config/profiles/demo.toml:33)
                  ENABLE_KVBM=false                    ([DIR]/config/profiles/demo.toml:31)
                  ENABLE_MEDIA_FFMPEG=false            ([DIR]/config/profiles/demo.toml:37)
                  ENABLE_MEDIA_NIXL=false              ([DIR]/config/profiles/demo.toml:35)
                  GREETING=hello world                 ([DIR]/config/profiles/demo.toml:27)
                  MAX_JOBS=2                           (--build-arg)
                  SOURCE_DATE_EPOCH=1700000000         ($SOURCE_DATE_EPOCH)
                  USE_SCCACHE=false                    (built in)
      labels      dynbuild.device=cpu                      (the device)
                  dynbuild.framework=demo                  (the framework)
                  dynbuild.target=runtime                  (the target)
                  org.opencontainers.image.created=2023-11-14T22:13:20Z  ($SOURCE_DATE_EPOCH)
                  org.opencontainers.image.revision=73a97145c1d55ab78b74b24d8a8acd840c0e8bb9  (git)
                  org.opencontainers.image.version=v1.2.3  (git)
                  title=Demo runtime                       ([DIR]/config/profiles/demo.toml:47)
      outputs     type=docker
      compression zstd, if the engine has the containerd image store
    ");
}

#[test]
fn a_plan_for_programs_has_the_promised_shape() {
    let text = TestEnv::new().run("plan --format json").result();
    let plan: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(plan["schema_version"], json!(1));
    let target = &plan["targets"][0];
    for (field, expected) in [
        ("name", json!("demo-runtime")),
        ("framework", json!("demo")),
        ("target", json!("runtime")),
        ("device", json!("cpu")),
        ("platforms", json!(["linux/amd64"])),
        (
            "tags",
            json!(["demo:v1.2.3-runtime", "demo:latest-runtime"]),
        ),
        ("secrets", json!([])),
        ("contexts", json!({})),
        ("ssh", json!([])),
        ("cache_from", json!([])),
        ("cache_to", json!([])),
        ("outputs", json!(["type=docker"])),
    ] {
        assert_eq!(target[field], expected, "{field}");
    }
    assert_eq!(target["build_args"]["GREETING"], json!("hello world"));
    assert_eq!(target["labels"]["title"], json!("Demo runtime"));
    let fragments = &target["dockerfile"]["fragments"];
    assert_eq!(*fragments, json!(["demo/base", "demo/runtime"]));
}

#[test]
fn a_bake_file_is_the_plan_for_buildx() {
    let env = TestEnv::new().with("TOKEN", "canary");
    let greeting = r#"${HOME} %{if} $y "q" * \"#;
    let mut command = env.command(["plan", "--format", "bake", "--target", "base"]);
    command.args(["--target", "runtime", "--ssh", "default"]);
    command.args(["--build-arg", &format!("GREETING={greeting}")]);
    let file = env.finish(&mut command).result();
    assert!(!file.contains("canary"), "{file}");
    env.write("bake.json", &file.replace("[DIR]", &env.root()));
    let agent = env.path("agent");
    let _listener = std::os::unix::net::UnixListener::bind(&agent).expect("a socket");
    for engine in engines::all() {
        let mut bake = engine.buildx();
        bake.env("SSH_AUTH_SOCK", &agent);
        bake.args(["bake", "--print", "-f"])
            .arg(env.path("bake.json"));
        let printed: Value = serde_json::from_str(&engine.run(&mut bake)).expect("JSON");
        let targets = json!(["demo-base", "demo-runtime"]);
        assert_eq!(printed["group"]["default"]["targets"], targets);
        let target = &printed["target"]["demo-runtime"];
        // What bake prints is a bake file again, with the same escapes.
        let escaped = |text: &str| json!(text.replace("${", "$${").replace("%{", "%%{"));
        assert_eq!(target["args"]["GREETING"], escaped(greeting));
        assert_eq!(target["target"], json!("runtime"));
        let tags = json!(["demo:v1.2.3-runtime", "demo:latest-runtime"]);
        assert_eq!(target["tags"], tags);
        assert_eq!(target["ssh"][0]["id"], json!("default"));
        assert_eq!(target["secret"][0], json!({"id": "token", "env": "TOKEN"}));
        let rendered = env.run("render --target runtime").result();
        let rendered = rendered.replace("[DIR]", &env.root());
        assert_eq!(target["dockerfile-inline"], escaped(&rendered));
    }
}

#[test]
fn a_dry_run_forwards_the_agent() {
    let line = TestEnv::new()
        .run("--dry-run --ssh default --ssh git=/run/agent")
        .result();
    assert!(
        line.contains(" --ssh default --ssh 'git=/run/agent' "),
        "{line}"
    );
}

#[test]
fn a_plan_names_secrets_and_never_their_values() {
    let env = TestEnv::new().with("TOKEN", "canary");
    for command in [
        "plan",
        "plan --format json",
        "plan --format bake",
        "explain",
        "--dry-run",
        "render",
    ] {
        let ran = env.run(command);
        assert_eq!(ran.code, Some(0), "{ran}");
        assert!(!ran.to_string().contains("canary"), "{command}: {ran}");
    }
    assert!(env.run("plan").result().contains("secrets     token"));
}

#[test]
fn the_shipped_profiles_are_planned_as_well() {
    let text = shipped()
        .run("plan --framework none --target base --target dev --format json")
        .result();
    let plan: Value = serde_json::from_str(&text).expect("JSON");
    let names: Vec<_> = plan["targets"]
        .as_array()
        .expect("targets")
        .iter()
        .map(|t| t["name"].clone())
        .collect();
    assert_eq!(names, [json!("none-base"), json!("none-dev")]);
}

#[test]
fn a_value_tells_where_it_comes_from() {
    let env = TestEnv::new();
    insta::assert_snapshot!(env.run("explain max_jobs --build-arg MAX_JOBS=2"), @"
    exit 0
    stdout:
    MAX_JOBS of runtime = 2
      set by --build-arg
      over `4`, set by [DIR]/config/profiles/demo.toml:28
    ");
    insta::assert_snapshot!(env.run("explain framework"), @"
    exit 0
    stdout:
    framework = demo
      set by $DYNBUILD_FRAMEWORK
    ");
}

#[test]
fn the_users_own_file_is_the_farthest_layer() {
    let env = TestEnv::new();
    env.write(
        "home/.config/dynbuild/config.toml",
        "device = \"cuda13.0\"\n[build-args]\nGREETING = \"hi\"\n",
    );
    insta::assert_snapshot!(env.run("explain device"), @"
    exit 0
    stdout:
    device = cuda13.0
      set by [DIR]/home/.config/dynbuild/config.toml:1
    ");
    insta::assert_snapshot!(env.run("explain greeting --build-arg GREETING=yo"), @"
    exit 0
    stdout:
    GREETING of runtime = yo
      set by --build-arg
      over `hi`, set by [DIR]/home/.config/dynbuild/config.toml:3
      over `hello world`, set by [DIR]/config/profiles/demo.toml:27
    ");
}

#[test]
fn a_framework_is_listed() {
    let env = TestEnv::new();
    insta::assert_snapshot!(env.run("list demo"), @"
    exit 0
    stdout:
    demo (also sample): A framework for tests
      target  base                 Tools
      target  runtime   (default)  What is shipped
      device  cpu       (default)  linux/amd64, linux/arm64
      device  cuda13.0             linux/amd64
    ");
    let text = env.run("list demo --format json").result();
    let listed: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(listed[0]["devices"][1]["name"], json!("cuda13.0"));
}

/// Images that nobody ran, or that serve no model, are no surprise after the build.
#[test]
fn a_device_says_what_is_known_of_it() {
    let env = TestEnv::new().without("DYNBUILD_PROFILE_DIR");
    let plan = |device: &str| {
        env.run(&format!("plan --framework vllm --device {device}"))
            .to_string()
    };
    let note = "note: Device `cuda12.9`: given up by upstream in June 2026";
    assert!(plan("cuda12.9").contains(note));
    assert!(plan("cpu").contains("note: Device `cpu`: has vLLM's packages for CUDA"));
    assert!(!plan("cuda13.0").contains("note: Device"));
    let listed = env.run("list vllm").result();
    assert!(
        listed.contains("linux/amd64; NIXL goes over host memory only"),
        "{listed}"
    );
}

#[test]
fn the_schema_is_the_published_one() {
    let text = TestEnv::new().run("schema").result();
    let schema: Value = serde_json::from_str(&text).expect("JSON");
    let published: Value =
        serde_json::from_str(include_str!("../../../profiles/schema.json")).expect("JSON");
    assert_eq!(schema, published);
}

#[test]
fn the_environment_is_listed() {
    let text = TestEnv::new().run("env").result();
    for name in ["DOCKER_HOST", "DYNBUILD_FRAMEWORK", "NO_COLOR"] {
        assert!(text.contains(name), "{text}");
    }
}

#[test]
fn profiles_and_fragments_are_linted() {
    insta::assert_snapshot!(TestEnv::new().run("lint demo"), @"
    exit 0
    stdout:
    8 combinations checked, nothing found
    ");
}

#[test]
fn a_profile_without_sources_is_linted_for_all_of_them() {
    let env = TestEnv::new();
    let profile = "config/profiles/demo.toml";
    env.edit(profile, "sources = [\"wheel\", \"tree\"]\n", "");
    insta::assert_snapshot!(env.run("lint demo"), @"
    exit 0
    stdout:
    8 combinations checked, nothing found
    ");
    for target in ["[targets.base]\n", "[targets.runtime]\n"] {
        let others = format!("{target}frameworks = \"vllm\"\n");
        env.edit(profile, target, &others);
    }
    insta::assert_snapshot!(env.run("lint demo").failure(), @"
    exit 2
    stderr:
    error: Nothing of profile `demo` can be built
      hint: Give it a target and a device that go together
    ");
}

#[test]
fn a_plan_for_people_says_what_is_done_again() {
    let text = TestEnv::new().run("plan --no-cache --pull").result();
    let at = text.find("  outputs ").expect("outputs");
    insta::assert_snapshot!(&text[at..], @"
    outputs     type=docker
    compression zstd, if the engine has the containerd image store
    no cache    every step runs
    pull        base images are checked for updates
    ");
}

#[test]
fn a_key_is_no_ssh_agent() {
    let env = TestEnv::new();
    env.write("repository/id_ed25519", "a key");
    insta::assert_snapshot!(env.run("--ssh default=id_ed25519").failure(), @r#"
    exit 2
    stderr:
    error: `--ssh default=id_ed25519` needs a running ssh agent
      because: `[DIR]/repository/id_ed25519` is a file, not the socket of an agent
      hint: If it is a key, give it to an agent: `eval "$(ssh-agent)" && ssh-add '[DIR]/repository/id_ed25519'`, then `--ssh default`
    "#);
}

#[test]
fn an_argument_that_reaches_nothing_is_linted() {
    let env = TestEnv::new();
    let base = "config/dockerfiles/demo/base.Dockerfile";
    env.edit(base, "ARG GREETING\n", "");
    env.edit(base, "ARG BASE_IMAGE\n", "ARG BASE_IMAGE\nARG GREETING\n");
    insta::assert_snapshot!(env.run("lint demo").failure(), @r#"
    exit 2
    stderr:
    error: the build argument `GREETING` is always empty in `base` [arg-invisible]
     --> [DIR]/config/dockerfiles/demo/base.Dockerfile:5:40
      |
    5 | RUN --mount=type=secret,id=token echo "${GREETING}"
      |                                        ^^^^^^^^^^^
      hint: Declare it in the stage, above its use: ARG GREETING
    "#);
}

#[test]
fn help_tells_exit_codes_and_every_command_has_help() {
    let env = TestEnv::new();
    let help = env.run("--help").result();
    let at = help.find("Exit codes:").expect("exit codes");
    insta::assert_snapshot!(&help[at..], @"
    Exit codes:
      0    done
      1    a build step or the export of its result failed
      2    the command line, a profile or a Dockerfile fragment is wrong
      3    the engine cannot be reached, or is too old for the plan
      4    a registry refused, lacks an image, or cannot be reached
      130  cancelled (Ctrl-C once cancels and tidies up, twice ends at once)

    Environment variables: `dynbuild env`
    ");
    for command in [
        "plan",
        "render",
        "explain",
        "list",
        "context",
        "context ls",
        "lint",
        "import",
        "doctor",
        "schema",
        "env",
    ] {
        let help = env.run(&format!("{command} --help")).result();
        assert!(help.contains("Usage: dynbuild"), "{help}");
    }
}

/// Runs the first half of each line of a dry run, without the flags of the line itself.
fn renders(env: &TestEnv, dry_run: &str) {
    let line = env.run(dry_run).result().replace("[DIR]", &env.root());
    let words = shell_words::split(&line).expect("a shell line");
    let pipe = words.iter().position(|word| word == "|").expect("a pipe");
    let rendered = env.finish(&mut env.command(&words[1..pipe])).result();
    assert!(rendered.contains(" AS runtime"), "{rendered}");
}

#[test]
fn a_dockerfile_is_rendered_whatever_else_the_line_needs() {
    let env = TestEnv::new().with("OTHER", "canary");
    env.edit(
        "config/profiles/demo.toml",
        "env = \"TOKEN\"\n",
        "env = \"TOKEN\"\nrequired = true\n[sccache]\nbackend = \"s3\"\nregion = \"r\"\n",
    );
    renders(
        &env,
        "--dry-run --secret id=token,env=OTHER --sccache-bucket b",
    );
}

#[test]
fn a_dockerfile_is_rendered_for_the_platform_of_the_line() {
    let env = TestEnv::new();
    env.edit(
        "config/profiles/demo.toml",
        "needs = [\"base\"]\n",
        "needs = [\"base\"]\nplatforms = [\"linux/arm64\"]\n",
    );
    renders(&env, "--dry-run --platform linux/arm64");
}
