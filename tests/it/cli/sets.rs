//! Sets: builds that have a name in a file of the repository.

use serde_json::Value;

use super::test_env::TestEnv;

const SETS: &str = r#"
[sets.nightly]
description = "What CI builds"
builds = [
  { device = ["cpu", "cuda13.0"], target = ["base", "runtime"] },
]
"#;

fn env() -> TestEnv {
    let env = TestEnv::new().with("DYNBUILD_FRAMEWORK", "demo");
    env.write("repository/dynbuild.toml", SETS);
    env
}

fn names(env: &TestEnv, options: &str) -> Vec<String> {
    let text = env.run(&format!("plan --format json {options}")).result();
    let plan: Value = serde_json::from_str(&text).expect("JSON");
    let targets = plan["targets"].as_array().expect("targets");
    let name = |target: &Value| target["name"].as_str().expect("a name").to_owned();
    targets.iter().map(name).collect()
}

#[test]
fn a_set_is_planned_and_printed_in_every_form() {
    let env = env();
    let planned = [
        "demo-cpu-base",
        "demo-cpu-runtime",
        "demo-cuda13.0-base",
        "demo-cuda13.0-runtime",
    ];
    assert_eq!(names(&env, "--set nightly"), planned);
    let flags = "--device cpu --device cuda13.0 --target base --target runtime";
    assert_eq!(names(&env, flags), planned);
    let lines = env.run("--set nightly --dry-run").result();
    assert_eq!(
        lines
            .lines()
            .filter(|line| line.contains("buildx build"))
            .count(),
        4
    );
    let bake = env.run("plan --set nightly --format bake").result();
    let bake: Value = serde_json::from_str(&bake).expect("JSON");
    assert!(
        bake["target"]["demo-cuda13_0-runtime"].is_object(),
        "{bake}"
    );
    let listed = env.run("list --sets").result();
    assert!(listed.contains("--set nightly: What CI builds"), "{listed}");
}

#[test]
fn what_is_wrong_with_a_set_is_an_error_that_says_what_to_do() {
    let env = env();
    let unknown = env.run("plan --set nightli").failure();
    assert!(unknown.contains("Unknown set `nightli`"), "{unknown}");
    assert!(unknown.contains("`nightly`"), "{unknown}");
    let both = env.run("plan --set nightly --device cpu").failure();
    assert!(both.contains("exit 2"), "{both}");
    env.write("repository/dynbuild.toml", "[sets.nightly]\nbuild = []\n");
    let broken = env.run("plan").failure();
    assert!(
        broken.contains("`sets.nightly` has no `builds`"),
        "{broken}"
    );
    assert!(broken.contains("dynbuild.toml"), "{broken}");
}

#[test]
fn what_a_set_asks_for_twice_is_built_once() {
    let env = TestEnv::new();
    let twice = r#"[sets.twice]
builds = [
  { framework = ["demo"], device = ["cpu"], target = ["runtime", "runtime"] },
  { framework = ["demo", "demo"], target = ["base", "runtime"] },
]
"#;
    env.write("repository/dynbuild.toml", twice);
    assert_eq!(
        names(&env, "--set twice"),
        ["demo-cpu-runtime", "demo-cpu-base"]
    );
}

#[test]
fn what_a_set_asks_for_in_two_ways_is_one_mistake() {
    let env = TestEnv::new();
    let two_ways = r#"[sets.both]
builds = [
  { framework = ["demo"], target = ["runtime"], platform = ["linux/amd64"] },
  { framework = ["demo"], target = ["runtime"], platform = ["linux/arm64"] },
]
"#;
    env.write("repository/dynbuild.toml", two_ways);
    insta::assert_snapshot!(env.run("plan --set both").failure(), @r#"
    exit 2
    stderr:
    error: `demo-runtime` is asked for twice, with different platforms
      hint: Build all of its platforms at once: `platform = ["linux/amd64", "linux/arm64"]`
    "#);
}

#[test]
fn frameworks_of_a_set_that_do_not_exist_are_shown_where_they_stand() {
    let env = TestEnv::new();
    let unknown = r#"[sets.nightly]
builds = [
  { framework = ["demo", "dema"], target = ["runtime"] },
  { framework = ["vlm"], device = ["cpu"], target = ["runtime"] },
]
"#;
    env.write("repository/dynbuild.toml", unknown);
    insta::assert_snapshot!(env.run("plan --set nightly").failure(), @r#"
    exit 2
    stderr:
    error: Unknown framework `dema`
     --> [DIR]/repository/dynbuild.toml:3:26
      |
    3 |   { framework = ["demo", "dema"], target = ["runtime"] },
      |                          ^^^^^^ set here
      hint: Did you mean `demo`?
      hint: Frameworks: `demo`, `dynamo`, `sglang`, `trtllm`, `vllm`

    error: Unknown framework `vlm`
     --> [DIR]/repository/dynbuild.toml:4:18
      |
    4 |   { framework = ["vlm"], device = ["cpu"], target = ["runtime"] },
      |                  ^^^^^ set here
      hint: Did you mean `vllm`?
      hint: Frameworks: `demo`, `dynamo`, `sglang`, `trtllm`, `vllm`

    2 problems found
    "#);
}
