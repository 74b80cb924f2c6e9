//! Where Dynamo comes from, and what images say of themselves therefore.

use serde_json::Value;

use super::test_env::TestEnv;

/// The place of a test with the built-in profiles, and the sources of Dynamo in the repository.
fn checkout() -> TestEnv {
    let env = elsewhere();
    env.write(
        "repository/Cargo.toml",
        "[workspace]\nmembers = []\n[workspace.package]\nrust-version = \"1.80\"\n",
    );
    env.write(
        "repository/pyproject.toml",
        "[project]\nname = \"ai-dynamo\"\nversion = \"1.5.0\"\nrequires-python = \">=3.10\"\n",
    );
    env
}

/// The same without the sources.
fn elsewhere() -> TestEnv {
    TestEnv::new()
        .without("DYNBUILD_PROFILE_DIR")
        .without("SOURCE_DATE_EPOCH")
        .with("DYNBUILD_FRAMEWORK", "dynamo")
}

fn target(env: &TestEnv, line: &str) -> Value {
    let text = env.run(&format!("plan --format json {line}")).result();
    let plan: Value = serde_json::from_str(&text).expect("JSON");
    plan["targets"][0].clone()
}

fn first_line(env: &TestEnv, line: &str) -> String {
    let ran = env.run(line).to_string();
    let (_, stderr) = ran.split_once("stderr:\n").expect("something on stderr");
    stderr.lines().next().unwrap_or_default().to_owned()
}

#[test]
fn the_first_line_says_what_is_built_and_why() {
    insta::assert_snapshot!(first_line(&checkout(), "plan"), @"note: Dynamo `v1.2.3` is built from the sources in `[DIR]/repository`: the build context is a checkout of Dynamo (`--source wheel` installs released wheels)");
    insta::assert_snapshot!(first_line(&checkout(), "--dry-run --source wheel"), @"note: Dynamo `v1.4.2` is installed from released wheels: set by `--source`; nothing of the checkout of Dynamo in `[DIR]/repository` is in the image");
    insta::assert_snapshot!(first_line(&elsewhere(), "--dry-run"), @"note: Dynamo `v1.4.2` is installed from released wheels: `[DIR]/repository` is no checkout of Dynamo (`-C DIR` names one)");
    insta::assert_snapshot!(first_line(&elsewhere().with("DYNBUILD_SOURCE", "tree"), "plan"), @"note: Dynamo `v1.2.3` is built from the sources in `[DIR]/repository`: set by `$DYNBUILD_SOURCE`");
}

#[test]
fn an_image_of_wheels_says_nothing_of_the_checkout() {
    let env = checkout();
    let text = target(&env, "--source wheel").to_string();
    for own in [
        "1.2.3",
        "dirty",
        "DYNAMO_COMMIT_SHA",
        "image.revision",
        "image.created",
    ] {
        assert!(!text.contains(own), "{own}: {text}");
    }
    let other = target(&env, "--source wheel --build-arg AI_DYNAMO_VERSION=1.3.1");
    assert_eq!(other["version"], "v1.3.1");
    assert_eq!(other["tags"][0], "dynamo:v1.3.1-dynamo-runtime");
    assert_eq!(
        other["labels"]["org.opencontainers.image.version"],
        "v1.3.1"
    );
    let label = "org.opencontainers.image.revision";
    let named = target(&env, &format!("--source wheel --label {label}=abc"));
    assert_eq!(named["labels"][label], "abc", "what was asked for wins");
}

#[test]
fn a_tree_is_built_with_its_commit() {
    let tree = target(&checkout(), "");
    assert_eq!(tree["source"], "tree");
    assert_eq!(tree["version"], "v1.2.3");
    assert!(tree["labels"]["org.opencontainers.image.revision"].is_string());
    assert!(tree["build_args"]["DYNAMO_COMMIT_SHA"].is_string());
}

#[test]
fn a_tree_in_no_repository_has_the_version_that_it_says() {
    let env = checkout();
    fs_err::remove_dir_all(env.path("repository/.git")).expect("removed");
    let tree = target(&env, "");
    assert_eq!(tree["version"], "v1.5.0.dev");
    assert_eq!(tree["source"], "tree");
}

#[test]
fn the_context_decides_and_not_the_working_directory() {
    let env = elsewhere();
    env.write("other/Cargo.toml", "[workspace]\n");
    env.write("other/pyproject.toml", "[project]\nname = \"AI_Dynamo\"\n");
    assert_eq!(target(&env, "")["source"], "wheel");
    assert_eq!(target(&env, "-C ../other")["source"], "tree");
    let explained = env.run("explain source -C ../other").result();
    assert_eq!(
        explained,
        "source = tree\n  set by the checkout of Dynamo in the build context\n"
    );
}

#[test]
fn the_toolchain_of_the_tree_is_the_one_that_compiles_it() {
    let env = checkout();
    env.write(
        "repository/rust-toolchain.toml",
        "[toolchain]\nchannel = \"1.97.3\"\n",
    );
    let version = |line: &str| target(&env, line)["build_args"]["RUST_VERSION"].clone();
    assert_eq!(version(""), "1.97.3");
    assert_eq!(version("--build-arg RUST_VERSION=1.90.0"), "1.90.0");
    let warned = env.run("plan --build-arg RUST_VERSION=1.90.0").to_string();
    assert!(
        warned.contains("warning: The sources want Rust 1.97.3 (`rust-toolchain.toml`), and"),
        "{warned}"
    );
    assert_ne!(version("--source wheel"), "1.97.3");
}

#[test]
fn a_python_that_the_tree_does_not_run_on_is_refused() {
    let env = checkout();
    env.edit("repository/pyproject.toml", ">=3.10", ">=3.99");
    let ran = env.run("plan --build-arg PYTHON_VERSION=3.12");
    insta::assert_snapshot!(ran.failure(), @"
    exit 2
    stderr:
    error: The sources require Python `>=3.99`, and the stages have Python `3.12`
      hint: Name one that the images have as well: `--build-arg PYTHON_VERSION=X.Y`, with `--base-image` and `--build-arg RUNTIME_IMAGE` where these have another
    ");
    assert_eq!(target(&env, "--source wheel")["source"], "wheel");
}

#[test]
fn a_repository_that_nobody_can_read_is_a_warning() {
    let env = checkout();
    env.write("repository/.git/HEAD", "nonsense\n");
    let ran = env.run("plan").to_string();
    assert!(ran.starts_with("exit 0"), "{ran}");
    assert!(
        ran.contains("warning: The git repository of the build context cannot be read"),
        "{ran}"
    );
    assert_eq!(target(&env, "")["version"], "v1.5.0.dev");
    let wheel = env.run("plan --source wheel").to_string();
    assert!(!wheel.contains("warning"), "{wheel}");
}

#[test]
fn too_many_layers_are_known_before_the_build() {
    let env = TestEnv::new();
    env.edit(
        "config/profiles/demo.toml",
        "[tags]",
        "[layers]\n\"debian:bookworm-slim\" = 119\n\n[tags]",
    );
    let ran = env.run("plan").to_string();
    assert!(
        ran.contains("warning: The image has 121 layers, and engines mount no more than 127"),
        "{ran}"
    );
    env.edit("config/profiles/demo.toml", "= 119", "= 20");
    assert!(!env.run("plan").to_string().contains("layers"));
}
