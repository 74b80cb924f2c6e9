//! `dynrun` as it is typed where no engine is asked.

use std::path::Path;
use std::process::Command;

/// Runs dynrun in a directory; returns the exit code, standard output and standard error.
pub(crate) fn dynrun(directory: &Path, line: &str) -> (Option<i32>, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_dynrun"))
        .env_clear()
        .env("HOME", "/nonexistent")
        .env("DOCKER_HOST", "unix:///nonexistent/docker.sock")
        .current_dir(directory)
        .args(shell_words::split(line).expect("words"))
        .output()
        .expect("dynrun starts");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (stdout, stderr) = (text(&output.stdout), text(&output.stderr));
    (output.status.code(), stdout, stderr)
}
