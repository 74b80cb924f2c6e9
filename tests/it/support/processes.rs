//! Processes of this machine, those in containers included, and waiting for what they do.

use std::process::Command;
use std::thread::sleep;
use std::time::{Duration, Instant};

/// Much longer than anything that is waited for takes: passing it means a hang.
pub(crate) const HANG: Duration = Duration::from_secs(120);

/// Whether a process runs whose program is named `marker`, as by `exec -a`.
///
/// A shell's own script has the name in it as well, therefore the program's name only.
pub(crate) fn runs(marker: &str) -> bool {
    let mut lines = command_lines();
    lines.any(|line| line.split(|byte| *byte == 0).next() == Some(marker.as_bytes()))
}

/// Kills a process, as the kernel does when memory runs out.
pub(crate) fn kill(process: i32) {
    let process = process.to_string();
    let status = Command::new("kill").args(["-9", &process]).status();
    assert!(status.expect("kill").success());
}

/// The command lines of all processes.
pub(crate) fn command_lines() -> impl Iterator<Item = Vec<u8>> {
    let entries = std::fs::read_dir("/proc").expect("/proc").flatten();
    entries.filter_map(|entry| std::fs::read(entry.path().join("cmdline")).ok())
}

/// Waits until that is so.
pub(crate) fn eventually(what: &str, mut so: impl FnMut() -> bool) {
    let start = Instant::now();
    while !so() {
        assert!(start.elapsed() < HANG, "waited in vain for {what}");
        sleep(Duration::from_millis(20));
    }
}
