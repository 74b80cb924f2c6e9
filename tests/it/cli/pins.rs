//! `lint --pins`, with an index of its own.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use super::test_env::TestEnv;

const PROFILE: &str = r#"framework = "engine"
default-target = "runtime"
default-device = "cpu"
sources = ["wheel"]

[devices.cpu]
platforms = ["linux/amd64"]
base-image = "example.com/base:1"
runtime-image = "example.com/engine:v2.0-x"

[targets.runtime]
fragment = "engine/runtime"

[args]
PYTHON_VERSION = "3.12"
ENGINE_SOURCE = "image"
PYTHON_OVERRIDES = ""
ENGINE_OVERRIDES = ""

[components.ai-dynamo]
version = "1.4.2"
source = "wheel"
[components.kvbm]
version = "1.4.2"
source = "wheel"

[features.kvbm]
default = true
"#;

const FRAGMENT: &str = "ARG BASE_IMAGE
ARG BASE_IMAGE_TAG
ARG RUNTIME_IMAGE
ARG RUNTIME_IMAGE_TAG
FROM ${BASE_IMAGE}:${BASE_IMAGE_TAG} AS base
FROM ${RUNTIME_IMAGE}:${RUNTIME_IMAGE_TAG} AS runtime
ARG PYTHON_VERSION
ARG PYTHON_OVERRIDES
ARG ENGINE_OVERRIDES
ARG ENGINE_SOURCE
ARG AI_DYNAMO_VERSION
ARG KVBM_VERSION
ARG ENABLE_KVBM
RUN echo \"${PYTHON_VERSION} ${PYTHON_OVERRIDES} ${ENGINE_OVERRIDES} ${ENGINE_SOURCE} ${AI_DYNAMO_VERSION} \
${KVBM_VERSION} ${ENABLE_KVBM}\"
";

/// Makes a wheel that has nothing but metadata.
const WHEEL: &str = r#"
import sys, zipfile, pathlib
name, version, python, root, *rest = sys.argv[1:]
wheel = f"{name.replace('-', '_')}-{version}"
directory = pathlib.Path(root, name)
directory.mkdir(parents=True, exist_ok=True)
with zipfile.ZipFile(directory / f"{wheel}-py3-none-any.whl", "w") as file:
    lines = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}", f"Requires-Python: {python}", *rest]
    file.writestr(f"{wheel}.dist-info/METADATA", "\n".join(lines) + "\n")
    file.writestr(f"{wheel}.dist-info/WHEEL", "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
    file.writestr(f"{wheel}.dist-info/RECORD", "")
"#;

/// An index on the loopback, which ends with its value.
struct Index {
    server: Child,
    url: String,
}

impl Index {
    fn serve(directory: &Path) -> Self {
        let mut server = python()
            .args([
                "-u",
                "-m",
                "http.server",
                "0",
                "--bind",
                "127.0.0.1",
                "--directory",
            ])
            .arg(directory)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("a server");
        let mut line = String::new();
        let stdout = server.stdout.take().expect("its output");
        BufReader::new(stdout).read_line(&mut line).expect("a line");
        let port = line
            .split("port ")
            .nth(1)
            .and_then(|text| text.split(' ').next());
        let url = format!("http://127.0.0.1:{}/", port.expect("a port"));
        Self { server, url }
    }
}

impl Drop for Index {
    fn drop(&mut self) {
        self.server.kill().expect("killed");
        self.server.wait().expect("ended");
    }
}

fn python() -> Command {
    Command::new("python3")
}

fn has_pip() -> bool {
    let asked = python().args(["-m", "pip", "--version"]).output();
    asked.is_ok_and(|output| output.status.success())
}

fn wheel(directory: &Path, name: &str, python_versions: &str, requires: &[&str]) {
    let made = python()
        .args(["-c", WHEEL, name, "1.4.2", python_versions])
        .arg(directory)
        .args(requires)
        .status();
    assert!(made.expect("python3").success());
}

#[expect(clippy::disallowed_methods, reason = "tests are no commands of ours")]
fn place(index: &Path) -> (TestEnv, Index) {
    let index = Index::serve(index);
    let path = std::env::var_os("PATH").unwrap_or_default();
    let env = TestEnv::new()
        .with("PATH", &path.to_string_lossy())
        .with("PIP_CONFIG_FILE", "/dev/null")
        .with("UV_INDEX_URL", &index.url);
    env.write("config/profiles/engine.toml", PROFILE);
    env.write("config/dockerfiles/engine/runtime.Dockerfile", FRAGMENT);
    (env, index)
}

#[test]
fn pins_that_contradict_each_other_are_found_and_overrides_decide() {
    if !has_pip() {
        return eprintln!("skipped: no python3 with pip");
    }
    let directory = tempfile::tempdir().expect("a directory");
    wheel(
        directory.path(),
        "kvbm",
        ">=3.10",
        &["Requires-Dist: nixl[cu13]==1.0.1"],
    );
    wheel(
        directory.path(),
        "ai-dynamo",
        ">=3.10",
        &[
            "Provides-Extra: engine",
            "Requires-Dist: nixl[cu13]==1.3.2; extra == 'engine'",
            "Requires-Dist: engine==2.1; extra == 'engine'",
            "Requires-Dist: other==9; sys_platform == 'win32'",
        ],
    );
    let (env, _index) = place(directory.path());
    let found = env.run("lint --pins engine").failure();
    for expected in [
        "of `nixl`: ai-dynamo[engine] 1.4.2 demands `nixl==1.3.2`, kvbm 1.4.2 demands `nixl==1.0.1`",
        "of `engine`: `RUNTIME_IMAGE_TAG=v2.0-x` demands `engine==2.0`, ai-dynamo[engine] 1.4.2 \
         demands `engine==2.1`",
        "because: Pinned for `engine-runtime on cpu`",
        "2 problems found",
    ] {
        assert!(found.contains(expected), "{expected}: {found}");
    }
    env.edit(
        "config/profiles/engine.toml",
        "PYTHON_OVERRIDES = \"\"",
        "PYTHON_OVERRIDES = \"nixl[cu13]==1.3.2\"",
    );
    env.edit("config/profiles/engine.toml", ":v2.0-x", ":v2.1-x");
    assert_eq!(
        env.run("lint --pins engine").result(),
        "1 combination checked, nothing found\n"
    );
    // What the shipped profiles decide for their engines counts as well, while Dynamo names the same.
    let profile = "config/profiles/engine.toml";
    env.edit(
        profile,
        "PYTHON_OVERRIDES = \"nixl[cu13]==1.3.2\"",
        "PYTHON_OVERRIDES = \"\"",
    );
    env.edit(
        profile,
        "ENGINE_OVERRIDES = \"\"",
        "ENGINE_OVERRIDES = \"nixl[cu13]==1.3.2\"",
    );
    assert_eq!(
        env.run("lint --pins engine").result(),
        "1 combination checked, nothing found\n"
    );
    env.edit(profile, "nixl[cu13]==1.3.2", "nixl[cu13]==1.3.0");
    let found = env.run("lint --pins engine").failure();
    let expected = "`ENGINE_OVERRIDES` of the profile demands `nixl==1.3.0`, ai-dynamo[engine] 1.4.2 demands `nixl==1.3.2`";
    assert!(found.contains(expected), "{found}");
}

#[test]
fn what_the_index_lacks_and_pythons_that_do_not_fit_are_found() {
    if !has_pip() {
        return eprintln!("skipped: no python3 with pip");
    }
    let directory = tempfile::tempdir().expect("a directory");
    wheel(directory.path(), "ai-dynamo", ">=3.10", &[]);
    let (env, _index) = place(directory.path());
    let ran = env.run("lint --pins engine").failure();
    let text = ran.clone();
    assert!(
        text.contains("ai-dynamo 1.4.2 has no extra `engine`"),
        "{text}"
    );
    assert!(
        text.contains("The metadata of `kvbm==1.4.2` cannot be read"),
        "{text}"
    );
}
