//! Many frameworks with many targets: what is done for each of them is done once.

use std::time::{Duration, Instant};

use super::test_env::TestEnv;

const FRAMEWORKS: usize = 200;
const TARGETS: usize = 20;

/// Programs without optimisation, on a machine that others use too.
const SLACK: u32 = 10;

fn env() -> TestEnv {
    let env = TestEnv::new();
    for framework in 0..FRAMEWORKS {
        let mut profile = format!(
            "framework = \"f{framework}\"\ndefault-device = \"cpu\"\ndefault-target = \"t0\"\n\
             sources = [\"wheel\"]\n[devices.cpu]\nplatforms = [\"linux/amd64\"]\n\
             base-image = \"debian:13\"\n"
        );
        let mut fragment = "ARG BASE_IMAGE\nARG BASE_IMAGE_TAG\n\
                            FROM ${BASE_IMAGE}:${BASE_IMAGE_TAG} AS t0\n"
            .to_owned();
        for target in 0..TARGETS {
            profile += &format!("[targets.t{target}]\nfragment = \"f{framework}\"\n");
            let below = target.saturating_sub(1);
            if target > 0 {
                fragment += &format!("FROM t{below} AS t{target}\nRUN echo {target}\n");
            }
        }
        env.write(&format!("config/profiles/f{framework}.toml"), &profile);
        env.write(
            &format!("config/dockerfiles/f{framework}.Dockerfile"),
            &fragment,
        );
    }
    env
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
    let mut fragment = "ARG BASE_IMAGE\nARG BASE_IMAGE_TAG\n\
                        FROM ${BASE_IMAGE}:${BASE_IMAGE_TAG} AS s0\nENV A=1\n"
        .to_owned();
    for stage in 1..4_000 {
        fragment += &format!("FROM s{} AS s{stage}\nENV V{stage}=$A\n", stage - 1);
    }
    fragment += "FROM s3999 AS runtime\nARG GREETING\nRUN echo $GREETING $V1\n";
    env.write("config/dockerfiles/demo/runtime.Dockerfile", &fragment);
    env.edit("config/profiles/demo.toml", "needs = [\"base\"]", "");
    let start = Instant::now();
    let ran = env.run("plan");
    assert!(ran.stdout.contains("runtime"), "{ran}");
    env.run("lint");
    let taken = start.elapsed();
    assert!(taken < Duration::from_secs(4) * SLACK, "it took {taken:?}");
}
