//! A disk that a test may fill.

use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use rustix::process::{Pid, Signal, kill_process_group};

/// A file system of its own in memory. It goes with the value.
pub(crate) struct SmallDisk {
    directory: PathBuf,
    hog: Option<Child>,
}

impl SmallDisk {
    /// Mounts one; `size` is as `mount` takes it.
    pub(crate) fn at(directory: &Path, size: &str) -> Self {
        fs_err::create_dir_all(directory).expect("made");
        let options = format!("size={size},mode=0755");
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", &options, "tmpfs"]);
        let mounted = mount.arg(directory).status();
        assert!(mounted.expect("mount").success());
        let directory = directory.to_owned();
        Self {
            directory,
            hog: None,
        }
    }

    fn filler(&self) -> PathBuf {
        self.directory.join("filler")
    }

    /// Takes every byte that is left.
    pub(crate) fn fill(&self) {
        for size in ["1M", "1"] {
            let mut copy = Command::new("dd");
            copy.args(["if=/dev/zero", &format!("bs={size}"), "oflag=append"]);
            copy.arg("conv=notrunc")
                .arg(format!("of={}", self.filler().display()));
            let copied = copy.stderr(Stdio::piped()).output().expect("dd");
            let said = String::from_utf8_lossy(&copied.stderr);
            assert!(said.contains("No space left on device"), "{said}");
        }
    }

    /// Takes every byte that is left, and those that become free meanwhile, until [`free`](Self::free).
    pub(crate) fn keep_full(&mut self) {
        self.fill();
        let script = r#"while :; do cat /dev/zero >>"$0"; sleep 0.02; done 2>/dev/null"#;
        let hog = Command::new("sh")
            .args(["-c", script])
            .arg(self.filler())
            .process_group(0)
            .spawn();
        self.hog = Some(hog.expect("sh"));
    }

    /// Frees what was taken.
    pub(crate) fn free(&mut self) {
        self.end_hog();
        fs_err::remove_file(self.filler()).expect("removed");
    }
}

impl SmallDisk {
    fn end_hog(&mut self) {
        if let Some(mut hog) = self.hog.take() {
            // What it has started would go on to fill the disk.
            kill_process_group(Pid::from_child(&hog), Signal::KILL).expect("killed");
            hog.wait().expect("ended");
        }
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        self.end_hog();
        // What still uses it goes on until it ends.
        let mut unmount = Command::new("umount");
        let unmounted = unmount.arg("--lazy").arg(&self.directory).status();
        assert!(unmounted.expect("umount").success());
    }
}
