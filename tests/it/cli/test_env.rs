//! A place to run dynbuild in: a repository and profiles that never change, and nothing else.

use std::ffi::OsStr;
use std::fmt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

/// 2023-11-14 22:13:20 UTC.
const DATE: i64 = 1_700_000_000;

const PROFILE: &str = r#"framework = "demo"
aliases = ["sample"]
description = "A framework for tests"
default-target = "runtime"
default-device = "cpu"
default-source = "wheel"
sources = ["wheel", "tree"]

[devices.cpu]
platforms = ["linux/amd64", "linux/arm64"]
base-image = "docker.io/library/debian:bookworm-slim"

[devices."cuda13.0"]
platforms = ["linux/amd64"]
base-image = "nvcr.io/nvidia/cuda:13.0.2-devel-ubuntu24.04"

[targets.base]
description = "Tools"
fragment = "demo/base"

[targets.runtime]
description = "What is shipped"
fragment = "demo/runtime"
needs = ["base"]

[args]
GREETING = "hello world"
MAX_JOBS = 4

[features.kvbm]
default = false
[features.gpu-memory-service]
default = false
[features.media-nixl]
default = false
[features.media-ffmpeg]
default = false

[secrets.token]
env = "TOKEN"

[tags]
primary = "demo:{version}{-target}"
latest = "demo:latest{-target}"

[labels]
title = "Demo {target}"
"#;

const BASE: &str = "ARG BASE_IMAGE
ARG BASE_IMAGE_TAG
FROM ${BASE_IMAGE}:${BASE_IMAGE_TAG} AS base
ARG GREETING
RUN --mount=type=secret,id=token echo \"${GREETING}\"
";

const RUNTIME: &str = "FROM base AS runtime
ARG MAX_JOBS
ARG NIXL_REF=main
ARG EFA_VERSION=1.45.1
ARG ENABLE_KVBM
ARG ENABLE_GPU_MEMORY_SERVICE
ARG ENABLE_MEDIA_NIXL
ARG ENABLE_MEDIA_FFMPEG
ARG USE_SCCACHE
ARG SCCACHE_BUCKET=
ARG SCCACHE_REGION=
RUN echo \"${MAX_JOBS} ${NIXL_REF} ${EFA_VERSION} ${ENABLE_KVBM} ${ENABLE_GPU_MEMORY_SERVICE} \
${ENABLE_MEDIA_NIXL} ${ENABLE_MEDIA_FFMPEG} ${USE_SCCACHE} ${SCCACHE_BUCKET} ${SCCACHE_REGION}\"
";

/// The place.
pub(super) struct TestEnv {
    directory: TempDir,
    variables: Vec<(&'static str, String)>,
}

impl TestEnv {
    pub(super) fn new() -> Self {
        let directory = TempDir::new().expect("a directory");
        let env = Self {
            variables: vec![
                ("HOME", directory.path().join("home").display().to_string()),
                ("DOCKER_HOST", "unix:///nonexistent/docker.sock".into()),
                ("SOURCE_DATE_EPOCH", DATE.to_string()),
                ("DYNBUILD_PLATFORM", "linux/amd64".into()),
                ("DYNBUILD_PROFILE_DIR", "../config".into()),
                ("DYNBUILD_FRAMEWORK", "demo".into()),
            ],
            directory,
        };
        env.write("home/.keep", "");
        env.write("config/profiles/demo.toml", PROFILE);
        env.write("config/dockerfiles/demo/base.Dockerfile", BASE);
        env.write("config/dockerfiles/demo/runtime.Dockerfile", RUNTIME);
        env.write("repository/src/lib.rs", "// nothing\n");
        env.write("repository/notes.log", "noise\n");
        env.write("repository/.dockerignore", "# noise\n.git\n*.log\n");
        commit(&env.path("repository"));
        env
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// Returns the directory that is shown as `[DIR]`.
    pub(super) fn root(&self) -> String {
        let root = self.directory.path().canonicalize().expect("a directory");
        root.display().to_string()
    }

    pub(super) fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        fs_err::create_dir_all(path.parent().expect("a parent")).expect("created");
        fs_err::write(path, text).expect("written");
    }

    /// Replaces the first `from` in a file.
    pub(super) fn edit(&self, name: &str, from: &str, to: &str) {
        let text = fs_err::read_to_string(self.path(name)).expect("a file");
        assert!(text.contains(from), "`{from}` is not in {name}");
        self.write(name, &text.replacen(from, to, 1));
    }

    pub(super) fn with(mut self, name: &'static str, value: &str) -> Self {
        self.variables.retain(|(known, _)| *known != name);
        self.variables.push((name, value.to_owned()));
        self
    }

    pub(super) fn without(mut self, name: &str) -> Self {
        self.variables.retain(|(known, _)| *known != name);
        self
    }

    /// Returns the program, about to run in the repository.
    pub(super) fn command<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_dynbuild"));
        command
            .env_clear()
            .envs(self.variables.iter().map(|(name, value)| (name, value)))
            .current_dir(self.path("repository"))
            .stdin(Stdio::null())
            .args(args);
        command
    }

    /// Runs the program with arguments as in a shell.
    pub(super) fn run(&self, args: &str) -> Ran {
        let words = shell_words::split(args).expect("words");
        self.finish(&mut self.command(words))
    }

    pub(super) fn finish(&self, command: &mut Command) -> Ran {
        let output = command.output().expect("dynbuild runs");
        let text = |bytes: Vec<u8>| {
            let text = String::from_utf8(bytes).expect("UTF-8");
            text.replace(&self.root(), "[DIR]")
        };
        Ran {
            code: output.status.code(),
            stdout: text(output.stdout),
            stderr: text(output.stderr),
        }
    }

    /// Returns every file of the place with its content.
    pub(super) fn files(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let mut files = Vec::new();
        collect(self.directory.path(), &mut files);
        files.sort();
        files
    }
}

fn collect(directory: &Path, files: &mut Vec<(PathBuf, Vec<u8>)>) {
    for entry in fs_err::read_dir(directory).expect("a directory") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            collect(&path, files);
        } else {
            files.push((path.clone(), fs_err::read(path).expect("a file")));
        }
    }
}

/// Commits everything, by nobody and always at the same time, so that the commit has one name.
fn commit(directory: &Path) {
    let repository = git2::Repository::init(directory).expect("a repository");
    let mut index = repository.index().expect("an index");
    index
        .add_all(["*"], git2::IndexAddOption::DEFAULT, None)
        .expect("added");
    index.write().expect("an index");
    let tree = index.write_tree().expect("a tree");
    let tree = repository.find_tree(tree).expect("a tree");
    let author =
        git2::Signature::new("a", "a@example.com", &git2::Time::new(DATE, 0)).expect("a signature");
    let id = repository
        .commit(Some("HEAD"), &author, &author, "First", &tree, &[])
        .expect("a commit");
    let commit = repository.find_object(id, None).expect("the commit");
    repository
        .tag("v1.2.3", &commit, &author, "1.2.3", false)
        .expect("a tag");
}

/// What a run of the program said.
#[derive(Debug)]
pub(super) struct Ran {
    pub(super) code: Option<i32>,
    pub(super) stdout: String,
    pub(super) stderr: String,
}

impl Ran {
    /// Returns what went to stdout of a run that did all it was asked for.
    pub(super) fn result(self) -> String {
        assert_eq!(self.code, Some(0), "{self}");
        self.stdout
    }

    /// Returns the exit code and stderr of a run that printed no result.
    pub(super) fn failure(self) -> String {
        assert_eq!(self.stdout, "", "{self}");
        self.to_string()
    }
}

impl fmt::Display for Ran {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let code = self
            .code
            .map_or_else(|| "signal".to_owned(), |code| code.to_string());
        writeln!(f, "exit {code}")?;
        for (name, text) in [("stdout", &self.stdout), ("stderr", &self.stderr)] {
            if !text.is_empty() {
                write!(f, "{name}:\n{text}")?;
            }
        }
        Ok(())
    }
}
