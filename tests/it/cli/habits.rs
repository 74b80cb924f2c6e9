//! What people type who come from docker, uv and jj.

use test_case::test_case;

use super::test_env::TestEnv;

#[test_case("build --dry-run")]
#[test_case("--dry-run build"; "options in front")]
fn build_is_a_command_too(line: &str) {
    let env = TestEnv::new();
    assert_eq!(env.run(line).result(), env.run("--dry-run").result());
}

#[test_case("--target base plan --format json", "plan --target base --format json")]
#[test_case("--target base explain GREETING", "explain GREETING --target base")]
#[test_case("--color never list", "list --color never")]
fn options_may_stand_in_front_of_a_command(front: &str, behind: &str) {
    let env = TestEnv::new();
    assert_eq!(env.run(front).result(), env.run(behind).result());
}

#[test_case("list")]
#[test_case("lint")]
fn a_framework_is_a_word_or_an_option(command: &str) {
    let env = TestEnv::new();
    let word = env.run(&format!("{command} demo")).result();
    for option in ["--framework demo", "-F demo", "--framework=sample"] {
        assert_eq!(env.run(&format!("{command} {option}")).result(), word);
    }
}

#[test]
fn flags_of_docker_are_in_plan_dry_run_and_bake_file() {
    let env = TestEnv::new();
    let flags = "--network host --add-host a:10.0.0.1 --shm-size 1g --ulimit nofile=9 \
                 --allow security.insecure --no-cache-filter base --annotation note=x --push=false";
    let line = env.run(&format!("--dry-run {flags}")).result();
    for word in [
        "--network host",
        "--add-host a:10.0.0.1",
        "--shm-size 1g",
        "--ulimit nofile=9:9",
        "--allow security.insecure",
        "--no-cache-filter base",
        "annotation.note=x",
    ] {
        // Words with an equals sign are quoted.
        assert!(line.replace('\'', "").contains(word), "{word}: {line}");
    }
    let bake = env.run(&format!("plan --format bake {flags}")).result();
    let bake: serde_json::Value = serde_json::from_str(&bake).expect("JSON");
    let target = &bake["target"]["demo-runtime"];
    assert_eq!(target["network"], "host");
    assert_eq!(target["extra-hosts"]["a"], "10.0.0.1");
    assert_eq!(target["entitlements"][0], "security.insecure");
    let origin = env.run(&format!("explain {flags} network")).result();
    assert!(origin.contains("--network"), "{origin}");
    let stage = env.run("--dry-run --no-cache-filter bse").failure();
    assert!(stage.contains("Did you mean `base`?"), "{stage}");
}

#[test]
fn details_are_said_on_demand() {
    let env = TestEnv::new();
    let said = env.run("-v --dry-run --target base").stderr;
    assert!(said.contains("from the fragments demo/base"), "{said}");
    let said = env.run("--verbose --dry-run").stderr;
    assert!(
        said.contains("Profiles and fragments are those of"),
        "{said}"
    );
    assert_eq!(env.run("--dry-run").stderr, "");
}

#[test]
fn mistakes_of_the_line_are_told_as_all_others() {
    let env = TestEnv::new();
    for line in [
        "--targt x",
        "explian",
        "lint --tag x",
        "--progress fancy",
        "--uid me",
        "--load --no-load",
        "completions",
        "--framework",
    ] {
        let failure = env.run(line).failure();
        assert!(failure.starts_with("exit 2\nstderr:\nerror: "), "{failure}");
        assert!(failure.contains("\n  hint: "), "{failure}");
        assert!(!failure.contains("Usage:"), "{failure}");
    }
}

#[test_case(".", "`--context .`"; "the working directory")]
#[test_case("--tag x:1 .", "`--context .`"; "behind a tag")]
#[test_case("-t x:1 --target base ../a/b", "`--context ../a/b`"; "another directory")]
#[test_case("build --tag x:1 .", "`--context .`"; "behind the command")]
#[test_case("plan .", "`--context .`"; "behind another command")]
#[test_case("-f Dockerfile .", "`--profile-dir DIR`"; "a Dockerfile")]
#[test_case("--file=Dockerfile", "`--profile-dir DIR`"; "a Dockerfile in the long form")]
#[test_case("vllm", "`--framework vllm`"; "a framework")]
#[test_case("run x", "`dynrun`"; "a container")]
#[test_case("version", "`dynbuild --version`"; "the version")]
#[test_case("-D", "`--verbose`"; "details")]
fn what_docker_takes_is_answered_with_what_it_is_here(line: &str, hint: &str) {
    let failure = TestEnv::new().run(line).failure();
    assert!(failure.starts_with("exit 2\n"), "{failure}");
    assert!(failure.contains(hint), "{failure}");
    assert!(!failure.contains("``"), "{failure}");
}

#[test]
fn help_is_a_command() {
    let env = TestEnv::new();
    let help = env.run("help plan").result();
    assert!(help.contains("Usage: dynbuild plan"), "{help}");
    assert!(env.run("help").result().contains("Commands:"));
}

#[test_case("bash")]
#[test_case("zsh")]
#[test_case("fish")]
fn completions_are_printed_for(shell: &str) {
    let env = TestEnv::new();
    let script = env.run(&format!("completions {shell}")).result();
    assert!(script.contains("dynbuild"), "{script}");
}

/// What a shell offers after these words, as its script asks.
fn offered(words: &[&str]) -> Vec<String> {
    let index = (words.len() - 1).to_string();
    let env = TestEnv::new()
        .with("DYNBUILD_COMPLETE", "bash")
        .with("_CLAP_COMPLETE_INDEX", &index)
        .with("_CLAP_IFS", "\n");
    let words = [&["--"], words].concat();
    let offered = env.finish(&mut env.command(words)).result();
    offered.lines().map(|line| line.trim().to_owned()).collect()
}

#[test]
fn completions_know_the_profiles_at_hand() {
    let frameworks = offered(&["dynbuild", "--framework", "de"]);
    assert_eq!(frameworks, ["demo"]);
    let targets = offered(&["dynbuild", "--framework", "demo", "--target", "r"]);
    assert_eq!(targets, ["runtime"]);
    let devices = offered(&["dynbuild", "-F", "demo", "--device", "cu"]);
    assert_eq!(devices, ["cuda13.0"]);
    let features = offered(&["dynbuild", "plan", "--enable", "kv"]);
    assert_eq!(features, ["kvbm"]);
}

#[test]
fn every_command_has_a_manual_page() {
    let env = TestEnv::new();
    assert!(env.run("man").result().contains(".TH dynbuild"));
    assert!(env.run("man context ls").result().contains("context"));
    let unknown = env.run("man nothing").failure();
    assert!(unknown.contains("Unknown command `nothing`"), "{unknown}");
}

#[test_case("--progress none")]
#[test_case("--progress=plain")]
#[test_case("--progress rawjson")]
fn dockers_kinds_of_progress_are_taken(option: &str) {
    let env = TestEnv::new();
    assert!(!env.run(&format!("{option} --dry-run")).result().is_empty());
}

#[test]
fn the_variable_of_dockers_clients_counts() {
    let env = TestEnv::new().with("BUILDKIT_PROGRESS", "fancy");
    let failure = env.run("--dry-run").failure();
    assert!(
        failure.contains("Invalid value `fancy` for `BUILDKIT_PROGRESS`"),
        "{failure}"
    );
    let env = env.with("DYNBUILD_PROGRESS", "plain");
    env.run("--dry-run").result();
}

/// The step may still be in the engine's cache.
#[test]
fn a_secret_that_a_step_requires_and_this_machine_lacks_is_noted() {
    let env = TestEnv::new().with("DYNBUILD_CONFIG", "../config.toml");
    env.edit(
        "config/dockerfiles/demo/base.Dockerfile",
        "id=token",
        "id=token,required=true",
    );
    for (own, fix) in [
        ("env = \"NO_SUCH\"", "the variable `NO_SUCH` is not set"),
        ("file = \"/no/such\"", "the file `/no/such` is missing"),
    ] {
        env.write("config.toml", &format!("[secrets.token]\n{own}\n"));
        let said = env.run("plan").stderr;
        let words: Vec<_> = said.split_whitespace().collect();
        let note = format!("A step fails without the secret `token`: {fix}");
        assert!(words.join(" ").contains(&note), "{said}");
    }
}

#[test]
fn a_secret_of_the_own_file_is_there_or_not() {
    let env = TestEnv::new().with("DYNBUILD_CONFIG", "../config.toml");
    env.write("config.toml", "[secrets.token]\nenv = \"NO_SUCH\"\n");
    env.run("--dry-run").result();
    env.write(
        "config.toml",
        "[secrets.token]\nenv = \"NO_SUCH\"\nrequired = true\n",
    );
    let failure = env.run("--dry-run").failure();
    assert!(failure.contains("`token`"), "{failure}");
}
