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
