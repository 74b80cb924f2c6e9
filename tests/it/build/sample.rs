//! A framework of one small fragment, and `dynbuild` run on it.

use std::io::{BufRead as _, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::{JoinHandle, spawn};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use crate::support::engines::{Engine, unique};
use crate::support::processes::{HANG, eventually};

/// The small base image that is on every test engine.
pub(super) const SMALL: &str = "busybox:latest";

/// The base image with a full shell.
pub(super) const SHELL: &str = "debian:bookworm-slim";

/// The name under which messages have the fragment.
pub(super) const FRAGMENT: &str = "dockerfiles/sample.Dockerfile";

const PROFILE: &str = r#"
framework = "sample"
default-device = "cpu"
default-target = "first"
default-source = "wheel"
sources = ["wheel"]

[devices.cpu]
platforms = ["linux/amd64", "linux/arm64"]
base-image = "docker.io/library/busybox:latest"
runtime-image = "docker.io/library/busybox:latest"

[targets.first]
description = "The one that most tests build"
fragment = "sample"

[targets.second]
description = "Another stage of the same fragment"
fragment = "sample"
"#;

/// A directory with a profile, a fragment and a build context.
pub(super) struct Sample {
    folder: TempDir,
    /// Makes steps that no other run has made.
    pub(super) salt: String,
}

impl Sample {
    /// Makes one whose stage `first` has these instructions; `{salt}` becomes something new.
    pub(super) fn new(first: &str) -> Self {
        Self::with_stages(&format!("FROM {SMALL} AS first\n{first}\n"))
    }

    /// Makes one whose fragment is this.
    pub(super) fn with_stages(fragment: &str) -> Self {
        let sample = Self {
            folder: tempfile::tempdir().expect("a directory"),
            salt: unique("salt"),
        };
        sample.write("profiles/sample.toml", PROFILE);
        sample.write(FRAGMENT, &fragment.replace("{salt}", &sample.salt));
        sample.write("context/a.txt", "the first file\n");
        fs_err::create_dir(sample.path("home")).expect("a home");
        sample
    }

    /// Adds lines to the end of the profile.
    pub(super) fn add_to_profile(&self, lines: &str) {
        let profile = self.read("profiles/sample.toml");
        self.write("profiles/sample.toml", &format!("{profile}\n{lines}"));
    }

    pub(super) fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    pub(super) fn write(&self, path: &str, text: &str) {
        let path = self.path(path);
        fs_err::create_dir_all(path.parent().expect("a parent")).expect("a directory");
        fs_err::write(path, text).expect("written");
    }

    pub(super) fn read(&self, path: &str) -> String {
        fs_err::read_to_string(self.path(path)).expect("readable")
    }

    /// `dynbuild`, on this sample and engine, with nothing of the caller's environment.
    pub(super) fn dynbuild(&self, engine: &Engine) -> Command {
        let mut command = self.program(&engine.host);
        command.args(["--framework", "sample", "--no-tag-latest"]);
        self.places(&mut command);
        command
    }

    /// The same for one of the commands that take what a build takes.
    pub(super) fn command(&self, engine: &Engine, verb: &str) -> Command {
        let mut command = self.program(&engine.host);
        command.args([verb, "--framework", "sample"]);
        self.places(&mut command);
        command
    }

    pub(super) fn program(&self, host: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_dynbuild"));
        command
            .env_clear()
            .env("DOCKER_HOST", host)
            .env("HOME", self.path("home"))
            .env("LANG", "C.UTF-8")
            .current_dir(self.folder.path())
            .stdin(Stdio::null());
        command
    }

    fn places(&self, command: &mut Command) {
        command.arg("--profile-dir").arg(self.folder.path());
        command.arg("--context").arg(self.path("context"));
    }
}

/// How a program ended and what it said.
#[derive(Debug)]
pub(super) struct End {
    pub(super) code: Option<i32>,
    pub(super) stdout: Vec<u8>,
    pub(super) stderr: String,
}

impl End {
    pub(super) fn assert_code(&self, code: i32, what: &str) {
        assert_eq!(self.code, Some(code), "{what}:\n{}", self.stderr);
    }

    pub(super) fn text(&self) -> String {
        String::from_utf8_lossy(&self.stdout).into_owned()
    }

    /// Everything that it said.
    pub(super) fn said(&self) -> Vec<u8> {
        [&self.stdout, self.stderr.as_bytes()].concat()
    }
}

/// Runs a program to its end.
pub(super) fn run(command: &mut Command) -> End {
    Running::start(command).end()
}

/// A program that runs. It ends with this value.
pub(super) struct Running {
    child: Child,
    lines: Receiver<String>,
    stdout: Option<JoinHandle<Vec<u8>>>,
    stderr: String,
}

impl Running {
    pub(super) fn start(command: &mut Command) -> Self {
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("started");
        let mut stdout = child.stdout.take().expect("a pipe");
        let stderr = child.stderr.take().expect("a pipe");
        let (sender, lines) = channel();
        spawn(move || pass_lines(stderr, &sender));
        let read = move || {
            let mut bytes = Vec::new();
            stdout.read_to_end(&mut bytes).expect("read");
            bytes
        };
        Self {
            child,
            lines,
            stdout: Some(spawn(read)),
            stderr: String::new(),
        }
    }

    /// Waits until stderr has a line with that word.
    pub(super) fn until_said(&mut self, word: &str) {
        loop {
            let line = self.lines.recv_timeout(HANG);
            let line = line.unwrap_or_else(|_| panic!("never said `{word}`:\n{}", self.stderr));
            self.stderr.push_str(&line);
            if line.contains(word) {
                return;
            }
        }
    }

    /// Waits until stderr has had as many lines; no if it ends before.
    pub(super) fn says_lines(&mut self, count: usize) -> bool {
        for _ in 0..count {
            match self.lines.recv_timeout(HANG) {
                Ok(line) => self.stderr.push_str(&line),
                Err(RecvTimeoutError::Disconnected) => return false,
                Err(RecvTimeoutError::Timeout) => panic!("hangs:\n{}", self.stderr),
            }
        }
        true
    }

    pub(super) fn id(&self) -> u32 {
        self.child.id()
    }

    pub(super) fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).expect("a signal");
    }

    pub(super) fn status(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().expect("a child")
    }

    /// Waits for its end.
    pub(super) fn end(mut self) -> End {
        let mut status = None;
        eventually("the program's end", || {
            status = self.status();
            status.is_some()
        });
        let stdout = self.stdout.take().expect("not taken yet").join();
        while let Ok(line) = self.lines.recv_timeout(HANG) {
            self.stderr.push_str(&line);
        }
        End {
            code: status.and_then(|status| status.code()),
            stdout: stdout.expect("the output"),
            stderr: std::mem::take(&mut self.stderr),
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

fn pass_lines(stderr: impl Read, lines: &Sender<String>) {
    let mut stderr = BufReader::new(stderr);
    loop {
        let mut line = Vec::new();
        match stderr.read_until(b'\n', &mut line) {
            Ok(0) | Err(_) => return,
            Ok(_) => lines.send(String::from_utf8_lossy(&line).into_owned()).ok(),
        };
    }
}

/// Whether `bytes` has `part` in it.
pub(super) fn contains(bytes: &[u8], part: &str) -> bool {
    let part = part.as_bytes();
    bytes.windows(part.len()).any(|window| window == part)
}

/// The absolute path as messages show it.
pub(super) fn shown(path: &Path) -> String {
    path.display().to_string()
}
