//! `--mount-workspace` on real engines.

use std::path::Path;
use std::process::{Command, Stdio};

use test_case::test_case;

use crate::support::engines::{self, Engine};

/// Runs `command` in a checkout; returns standard error.
fn run(engine: &Engine, place: &Path, flags: &[&str], command: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_dynrun"))
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        // The cache of models is made there.
        .env("HOME", place.join("home"))
        .env("DOCKER_HOST", &engine.host)
        .env("DYNBUILD_FRAMEWORK", "dynamo")
        .args(["--mount-workspace", "--image", "debian:bookworm-slim"])
        .args(flags)
        .arg("--")
        .args(command)
        .current_dir(place.join("checkout"))
        .stdin(Stdio::null())
        .output()
        .expect("dynrun starts");
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test_case(&["--user", "54321"], Some("cannot write there, and git refuses the checkout of another user"); "another user")]
#[test_case(&["--user", "host"], None; "the user of the host")]
#[test_case(&["--user", "root"], None; "root")]
fn a_user_who_cannot_work_in_the_checkout_is_named(flags: &[&str], expected: Option<&str>) {
    for engine in engines::newest() {
        let place = tempfile::tempdir().expect("a directory");
        let made = Command::new("git")
            .args(["init", "-q", "checkout"])
            .current_dir(place.path())
            .status();
        assert!(made.expect("git starts").success());
        let stderr = run(&engine, place.path(), flags, &["touch", "file"]);
        let words: Vec<_> = stderr.split_whitespace().collect();
        let words = words.join(" ");
        let failed = stderr.contains("Permission denied");
        match expected {
            Some(expected) => assert!(words.contains(expected) && failed, "{stderr}"),
            None => assert!(
                !words.contains("the workspace belongs to") && !failed,
                "{stderr}"
            ),
        }
    }
}
