//! Files that a stranger may have put there: pipes, links elsewhere, and sizes of all kinds.

use std::os::unix::fs::symlink;
use std::process::Command;

use super::test_env::TestEnv;

fn pipe(env: &TestEnv, name: &str) {
    let made = Command::new("mkfifo").arg(env.path(name)).status();
    assert!(made.expect("mkfifo runs").success());
}

fn remove(env: &TestEnv, name: &str) {
    fs_err::remove_file(env.path(name)).expect("removed");
}

#[test]
fn pipes_are_refused_by_name() {
    for (name, command) in [
        ("config/profiles/evil.toml", "plan"),
        ("config/dockerfiles/evil.Dockerfile", "plan"),
        ("home/.config/dynbuild/config.toml", "plan"),
        ("repository/.dockerignore", "context ls"),
        ("home/.docker/config.json", ""),
    ] {
        let env = TestEnv::new();
        env.write(&format!("{name}.keep"), "");
        if env.path(name).exists() {
            remove(&env, name);
        }
        pipe(&env, name);
        let ran = env.run(command);
        assert!(matches!(ran.code, Some(2 | 3)), "{name}: {ran}");
        let file = name.rsplit('/').next().expect("a name");
        assert!(ran.stderr.contains(file), "{name}: {ran}");
    }
}

#[test]
fn links_lead_out_of_no_directory_of_profiles() {
    for name in ["profiles/evil.toml", "dockerfiles/evil.Dockerfile"] {
        let env = TestEnv::new();
        env.write("secret", "canary-4711\n");
        symlink(env.path("secret"), env.path(&format!("config/{name}"))).expect("a link");
        let ran = env.run("plan");
        assert_eq!(ran.code, Some(2), "{ran}");
        assert!(ran.stderr.contains("leads out of"), "{ran}");
        assert!(!ran.to_string().contains("canary"), "{ran}");
    }
}

#[test]
fn a_chain_of_profiles_has_an_end() {
    let env = TestEnv::new();
    for number in 0..2_000 {
        let text = format!("inherits = [\"p{}\"]\n", number + 1);
        env.write(&format!("config/profiles/p{number}.toml"), &text);
    }
    env.write("config/profiles/p2000.toml", "");
    let inherit = "inherits = [\"p0\"]\nframework = \"demo\"";
    env.edit("config/profiles/demo.toml", "framework = \"demo\"", inherit);
    let ran = env.run("plan");
    assert_eq!(ran.code, Some(2), "{ran}");
    assert!(ran.stderr.contains("more than 32"), "{ran}");
}

#[test]
fn nesting_and_size_of_files_have_an_end() {
    for text in [
        format!("x = {}{}", "[".repeat(100_000), "]".repeat(100_000)),
        format!("x = {}", "[".repeat(100_000)),
        format!("x = {}1{}", "{a=".repeat(100_000), "}".repeat(100_000)),
        format!("[{}]", "a.".repeat(100_000) + "a"),
        "#".repeat(5 << 20),
    ] {
        let env = TestEnv::new();
        env.write("config/profiles/deep.toml", &text);
        let ran = env.run("list");
        assert_eq!(ran.code, Some(2), "{}: {ran}", &text[..10]);
    }
}

#[test]
fn a_context_without_a_bottom_is_refused() {
    let env = TestEnv::new();
    // Deeper than a path may be long, so one level after the other.
    let script =
        "i=0; while [ $i -lt 600 ]; do mkdir d && cd -P d || exit 1; i=$((i+1)); done; : > file";
    let made = Command::new("sh")
        .args(["-c", script])
        .current_dir(env.path("repository"))
        .status();
    assert!(made.expect("sh runs").success());
    let ran = env.run("context ls");
    let removed = Command::new("rm")
        .args(["-rf", "d"])
        .current_dir(env.path("repository"))
        .status();
    assert!(removed.expect("rm runs").success());
    assert_eq!(ran.code, Some(2), "{ran}");
    assert!(ran.stderr.contains("512"), "{ran}");
}

#[test]
fn an_ignore_file_of_any_size_is_read_or_refused() {
    let env = TestEnv::new();
    env.write(
        "repository/.dockerignore",
        &"*.log\n".repeat(20_000_000 / 6),
    );
    let ran = env.run("context ls");
    assert_eq!(ran.code, Some(2), "{ran}");
    assert!(ran.stderr.contains("larger than 1 MiB"), "{ran}");
}

#[test]
fn what_a_profile_reads_outside_wants_a_yes() {
    let env = TestEnv::new();
    env.write("home/.ssh/id_rsa", "canary-4711\n");
    env.edit(
        "config/profiles/demo.toml",
        "env = \"TOKEN\"",
        "file = \"~/.ssh/id_rsa\"",
    );
    let contexts = "[contexts]\nssl = \"/etc/ssl\"\nown = \"../repository/src\"\n[secrets.token]";
    env.edit("config/profiles/demo.toml", "[secrets.token]", contexts);
    env.edit(
        "config/dockerfiles/demo/runtime.Dockerfile",
        "FROM base AS runtime\n",
        "FROM base AS runtime\nCOPY --from=ssl . /ssl\nCOPY --from=own . /own\n",
    );
    let ran = env.run("");
    assert_eq!(ran.code, Some(2), "{ran}");
    for place in [
        "/.ssh/id_rsa` for the secret `token`",
        "`/etc/ssl` for the build context `ssl`",
    ] {
        assert!(ran.stderr.contains(place), "{ran}");
    }
    assert!(ran.stderr.contains("fs.read=/etc/ssl"), "{ran}");
    assert!(ran.stderr.contains("2 problems"), "{ran}");
    assert!(!ran.to_string().contains("canary"), "{ran}");
    let key = env.path("home/.ssh");
    let allowed = format!("--allow fs.read=/etc/ssl --allow fs.read={}", key.display());
    // It gets as far as the engine, which is not there.
    let ran = env.run(&allowed);
    assert_eq!(ran.code, Some(3), "{ran}");
    env.write(
        "home/.config/dynbuild/config.toml",
        "allow = [\"fs.read=~/.ssh\", \"fs.read=/etc/ssl\"]\n",
    );
    let ran = env.run("");
    assert_eq!(ran.code, Some(3), "{ran}");
    let ran = env.run("--dry-run");
    assert_eq!(ran.code, Some(0), "{ran}");
    let words: Vec<_> = ran.stderr.split_whitespace().collect();
    let words = words.join(" ");
    let shown = "The profile reads `/etc/ssl` for the build context `ssl`, as allowed";
    assert!(words.contains(shown), "{ran}");
    assert!(!words.contains("a build wants"), "{ran}");
    let ran = env.run("--allow everything");
    assert!(
        ran.stderr
            .contains("Invalid value `everything` for `--allow"),
        "{ran}"
    );
}
