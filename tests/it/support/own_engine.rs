//! An engine that one test has to itself, and may kill.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};

use super::engines::{Engine, unique};
use super::small_disk::SmallDisk;

/// Where `ci/engine` puts the data of an engine.
#[expect(
    clippy::disallowed_methods,
    reason = "the script is one of the tests' own, and reads them as well"
)]
fn data_directory(name: &str) -> PathBuf {
    let cache = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
    let home = || Path::new(&std::env::var_os("HOME").expect("a home")).join(".cache");
    let cache = cache.unwrap_or_else(home);
    cache.join("dynbuild/engine/data").join(name)
}

/// An engine that a test may kill. It ends with the test.
pub(crate) struct OwnEngine {
    pub(crate) engine: Engine,
}

impl OwnEngine {
    /// Brings one up with images of `model`.
    pub(crate) fn up(model: &Engine, images: &[&str]) -> Self {
        Self::named(&unique("victim"), model, images, &[])
    }

    /// Brings one up whose containers live on while it restarts.
    pub(crate) fn with_live_restore(model: &Engine, images: &[&str]) -> Self {
        Self::named(&unique("victim"), model, images, &["--live-restore"])
    }

    /// Brings one up whose data is on a disk of its own.
    pub(crate) fn with_disk(model: &Engine, images: &[&str], size: &str) -> (Self, SmallDisk) {
        let name = unique("victim");
        let disk = SmallDisk::at(&data_directory(&name), size);
        (Self::named(&name, model, images, &[]), disk)
    }

    fn named(name: &str, model: &Engine, images: &[&str], options: &[&str]) -> Self {
        let name = name.to_owned();
        let run_dir = Path::new("/run").join(format!("dynbuild-{name}"));
        let mut engine = model.clone();
        engine.host = format!("unix://{}/docker.sock", run_dir.display());
        engine.name = name;
        engine.run_dir = run_dir;
        let own = Self { engine };
        own.script(&[&["up"], options].concat());
        own.load(model, images);
        own
    }

    /// Copies images of another engine.
    pub(crate) fn load(&self, model: &Engine, images: &[&str]) {
        let mut save = model.docker();
        save.arg("save").args(images).stdout(Stdio::piped());
        let mut save = save.spawn().expect("docker runs");
        let saved = save.stdout.take().expect("a pipe");
        let mut load = self.engine.docker();
        self.engine.run(load.arg("load").stdin(saved));
        assert!(save.wait().expect("docker runs").success());
    }

    /// Runs one of the verbs of `ci/engine`.
    pub(crate) fn script(&self, words: &[&str]) {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/ci/engine");
        let mut command = Command::new(script);
        command.args(words).args(["--name", &self.engine.name]);
        let output = command.output().expect("ci/engine runs");
        let reported = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "ci/engine {words:?}: {reported}");
    }

    /// Sends a signal to all processes of the engine at once, through its first one.
    pub(crate) fn signal(&self, signal: Signal) {
        let pid = fs_err::read_to_string(self.engine.run_dir.join("pid")).expect("a pid");
        let pid = Pid::from_raw(pid.trim().parse().expect("a number"));
        kill_process(pid.expect("a pid"), signal).expect("a signal");
    }
}

impl Drop for OwnEngine {
    fn drop(&mut self) {
        self.script(&["down", "--purge"]);
    }
}
