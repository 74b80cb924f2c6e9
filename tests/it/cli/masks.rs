//! What looks like a secret is shown nowhere: not in plans, dry runs, explanations, nor messages.

use super::test_env::TestEnv;

/// The value that must not be seen.
const CANARY: &str = "canary-4711";

fn env() -> TestEnv {
    let env = TestEnv::new();
    for stage in ["base", "runtime"] {
        let path = format!("config/dockerfiles/demo/{stage}.Dockerfile");
        let text = fs_err::read_to_string(env.path(&path)).expect("a fragment");
        env.write(
            &path,
            &format!("{text}ARG DB_PASS\nARG HTTPS_PROXY\nARG SSH_KEY\n"),
        );
    }
    let path = "config/dockerfiles/demo/runtime.Dockerfile";
    let text = fs_err::read_to_string(env.path(path)).expect("a fragment");
    env.write(path, &format!("{text}COPY --from=data / /data\n"));
    env
}

fn arguments() -> String {
    [
        "--build-arg DB_PASS=C --build-arg SSH_KEY=C",
        "--build-arg HTTPS_PROXY=http://me:C@proxy:3128",
        "--label MY_TOKEN=C",
        "--cache-from type=registry,ref=u:C@registry.example/x:1",
        "--cache-to type=s3,bucket=b,region=r,secret_access_key=C",
        "--build-context data=https://u:C@example.com/x.git",
        "--output type=registry,name=u:C@registry.example/y:1",
    ]
    .join(" ")
    .replace("=C", &format!("={CANARY}"))
    .replace(":C@", &format!(":{CANARY}@"))
}

#[test]
fn no_printer_of_a_plan_shows_one() {
    let env = env();
    let arguments = arguments();
    for printer in [
        "--dry-run",
        "plan",
        "plan --format json",
        "plan --format bake",
        "explain",
        "explain --format json",
    ] {
        let ran = env.run(&format!("{printer} --target runtime {arguments}"));
        assert_eq!(ran.code, Some(0), "{ran}");
        let text = ran.to_string();
        assert!(!text.contains(CANARY), "{printer}: {text}");
        assert!(text.contains("DB_PASS"), "{printer}: {text}");
    }
}

#[test]
fn mistakes_are_shown_without_values() {
    let user_file = "framework = \"demo\"\n[build-args]\nHF_TOKEN = \"canary-4711\n";
    let env = env();
    env.write("home/.config/dynbuild/config.toml", user_file);
    let ran = env.run("--dry-run");
    assert_eq!(ran.code, Some(2), "{ran}");
    assert!(ran.stderr.contains("HF_TOKEN = ****"), "{ran}");
    assert!(!ran.to_string().contains(CANARY), "{ran}");
    env.write("home/.config/dynbuild/config.toml", "");
    for arguments in [
        "--secret canary-4711",
        "--secret canary-4711=x",
        "--label =canary-4711",
        "--build-arg =canary-4711",
        "--build-context https://u:canary-4711@example.com/x",
        "--cache-from type=registry,token=canary-4711,oops",
        "--cache-to type=nothing,ghtoken=canary-4711",
        "--build-arg HTTPS_PRXY=http://u:canary-4711@proxy",
        "--tag u:canary-4711@registry.example/X:1",
        "--output type=x,token=canary-4711",
    ] {
        let ran = env.run(&format!("--dry-run --target runtime {arguments}"));
        assert_eq!(ran.code, Some(2), "{arguments}: {ran}");
        assert!(!ran.to_string().contains(CANARY), "{arguments}: {ran}");
    }
}

#[test]
fn the_address_of_an_engine_is_shown_without_its_password() {
    for host in [
        "tcp://me:canary-4711@engine:2375",
        "me:canary-4711@engine:2375",
        "ssh://me:canary-4711@engine",
        "http://me:canary-4711@engine",
        "gopher://me:canary-4711@engine",
        "unix://x://me:canary-4711@engine",
    ] {
        let ran = env().with("DOCKER_HOST", host).run("");
        assert_eq!(ran.code, Some(3), "{ran}");
        assert!(!ran.to_string().contains(CANARY), "{ran}");
    }
}

#[test]
fn what_only_looks_like_one_is_shown() {
    let env = TestEnv::new();
    let plan = env
        .run("--dry-run --target runtime --label authors=me --label max-tokens=4096")
        .result();
    assert!(plan.contains("authors=me"), "{plan}");
    assert!(plan.contains("max-tokens=4096"), "{plan}");
}
