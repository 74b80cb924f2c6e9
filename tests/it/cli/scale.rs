//! Many frameworks with many targets: what is done for each of them is done once.

use std::time::{Duration, Instant};

use super::test_env::TestEnv;

const FRAMEWORKS: usize = 200;
const TARGETS: usize = 20;

/// Programs without optimisation, on a machine that others use too.
const SLACK: u32 = 20;

fn env() -> TestEnv {
    let env = TestEnv::new();
    for framework in 0..FRAMEWORKS {
        let name = format!("f{framework}");
        env.write(&format!("config/profiles/{name}.toml"), &profile(&name));
        env.write(
            &format!("config/dockerfiles/{name}.Dockerfile"),
            &chain("t", TARGETS),
        );
    }
    env
}

fn profile(name: &str) -> String {
    let head = format!(
        "framework = \"{name}\"\ndefault-device = \"cpu\"\ndefault-target = \"t0\"\n\
         sources = [\"wheel\"]\n[devices.cpu]\nplatforms = [\"linux/amd64\"]\n\
         base-image = \"debian:13\"\n"
    );
    let targets =
        (0..TARGETS).map(|target| format!("[targets.t{target}]\nfragment = \"{name}\"\n"));
    head + &targets.collect::<String>()
}

/// Stages that start from each other.
fn chain(prefix: &str, count: usize) -> String {
    let head = format!(
        "ARG BASE_IMAGE\nARG BASE_IMAGE_TAG\n\
         FROM ${{BASE_IMAGE}}:${{BASE_IMAGE_TAG}} AS {prefix}0\nENV A=1\n"
    );
    let stages = (1..count).map(|stage| {
        let below = stage - 1;
        format!("FROM {prefix}{below} AS {prefix}{stage}\nENV V{stage}=$A\n")
    });
    head + &stages.collect::<String>()
}

fn timed(env: &TestEnv, line: &str, limit: Duration) {
    let start = Instant::now();
    let ran = env.run(line);
    let taken = start.elapsed();
    assert_eq!(ran.code, Some(0), "{ran}");
    assert!(taken < limit * SLACK, "`{line}` took {taken:?}");
}

#[test]
fn hundreds_of_frameworks_are_listed_and_planned_at_once_and_linted_in_seconds() {
    let env = env();
    timed(&env, "list", Duration::from_secs(1));
    timed(&env, "plan --framework f7", Duration::from_secs(1));
    timed(&env, "lint", Duration::from_secs(6));
}

/// Stages that start from each other, in a chain of thousands.
#[test]
fn long_chains_of_stages_are_planned_and_linted() {
    let env = TestEnv::new();
    let last = "FROM s3999 AS runtime\nARG GREETING\nRUN echo $GREETING $V1\n";
    let fragment = chain("s", 4_000) + last;
    env.write("config/dockerfiles/demo/runtime.Dockerfile", &fragment);
    env.edit("config/profiles/demo.toml", "needs = [\"base\"]", "");
    let start = Instant::now();
    let ran = env.run("plan");
    assert!(ran.stdout.contains("runtime"), "{ran}");
    env.run("lint");
    let taken = start.elapsed();
    assert!(taken < Duration::from_secs(4) * SLACK, "it took {taken:?}");
}
