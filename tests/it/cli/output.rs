//! Where the output goes: pipes that close and full disks.

use std::fs::File;
use std::process::Stdio;

use super::test_env::TestEnv;

#[test]
fn a_reader_that_has_read_enough_is_no_error() {
    let env = TestEnv::new();
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    let ran = env.finish(env.command(["plan"]).stdout(writer));
    insta::assert_snapshot!(ran, @"exit 0");
}

#[test]
fn a_full_disk_is_told() {
    let env = TestEnv::new();
    let full = || {
        Stdio::from(
            File::options()
                .write(true)
                .open("/dev/full")
                .expect("a device"),
        )
    };
    let ran = env.finish(env.command(["plan"]).stdout(full()));
    insta::assert_snapshot!(ran, @"
    exit 1
    stderr:
    error: Cannot write the result to stdout
      because: No space left on device (os error 28)
      hint: Make room where the output goes, and try again
    ");
    let ran = env.finish(env.command(["plan"]).stdout(full()).stderr(full()));
    assert_eq!(ran.code, Some(1));
}

#[test]
fn a_reader_that_closes_in_the_middle_is_no_error() {
    let env = TestEnv::new();
    let mut shell = std::process::Command::new("bash");
    shell
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .env("DYNBUILD_PROFILE_DIR", env.path("config"))
        .current_dir(env.path("repository"))
        .args([
            "-c",
            "\"$0\" schema | head -1; exit ${PIPESTATUS[0]}",
            env!("CARGO_BIN_EXE_dynbuild"),
        ]);
    assert_eq!(env.finish(&mut shell).result(), "{\n");
}
