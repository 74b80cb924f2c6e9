//! Wheels compiled from the build context: Rust and Python, laid out as Dynamo's tree is.

use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use super::cache_server::{BUCKET, CacheServers, PASSWORD, USER};
use crate::support::engines::{self, Engine, Owned, Store};

/// What the Rust of the stand-in says about a model.
const CARD: &str = r#"{ "model": model, "endpoint": endpoint }"#;

/// The same with one key more.
const LONGER_CARD: &str = r#"{ "model": model, "endpoint": endpoint, "edited": true }"#;

/// One engine is enough: what differs between engines is no part of the stages.
#[test]
#[ignore = "compiles for minutes and loads from three package registries; run it with `--ignored`"]
fn a_changed_line_of_rust_is_in_the_next_image() {
    for engine in engines::newest() {
        if engine.store != Store::Overlay2 {
            continue;
        }
        let workspace = Workspace::new();
        let image = engine.image("tree");
        workspace.build(&engine, &image);
        assert!(!card(&engine, &image, &[]).contains("edited"));
        // Whoever the image runs as, what was compiled can be imported.
        let stranger = card(&engine, &image, &["--user", "12345:0"]);
        assert!(stranger.starts_with("tiny "), "{stranger}");
        // The wheel has the features that upstream's has.
        let mut docker = engine.docker();
        docker.args(["run", "--rm", image.name(), "python3", "-c"]);
        docker.arg("import dynamo.runtime; print(dynamo.runtime.has_kv_indexer())");
        assert_eq!(engine.run(&mut docker).trim(), "True");

        workspace.replace("lib/llm/src/lib.rs", CARD, LONGER_CARD);
        let again = workspace.build(&engine, &image);
        assert!(card(&engine, &image, &[]).contains("edited"));
        // The cache of the first build served: only the changed crates went through the compiler.
        assert!(again.contains("Compiling dynamo-llm"), "{again}");
        assert!(!again.contains("Compiling pyo3 "), "{again}");
    }
}

/// Editable sources, web pages, and the endpoint picker of an image that stands in for its own.
#[test]
#[ignore = "compiles for minutes and loads from three package registries; run it with `--ignored`"]
fn what_else_is_made_of_a_tree() {
    let mut engines = engines::newest().into_iter();
    let Some(engine) = engines.find(|engine| engine.store == Store::Overlay2) else {
        return;
    };
    let workspace = Workspace::new();
    let picker = engine.image("picker");
    let stages = "FROM busybox\nRUN printf '#!/bin/sh\\necho picked' >/epp && chmod +x /epp\n";
    fs_err::write(workspace.path("Dockerfile.picker"), stages).expect("written");
    let mut buildx = engine.buildx();
    buildx.args(["build", "--tag", picker.name(), "--file"]);
    engine.run(
        buildx
            .arg(workspace.path("Dockerfile.picker"))
            .arg(workspace.path("docs")),
    );

    let image = |target: &str, more: &[&str]| {
        let image = engine.image(target);
        told(workspace.target(&engine, target, &image).args(more));
        image
    };
    let run = |image: &Owned, command: &[&str]| {
        let mut docker = engine.docker();
        docker.args(["run", "--rm"]).arg(image.name()).args(command);
        engine.run(&mut docker)
    };
    let dev = image("dev", &[]);
    let place = "import dynamo.frontend; print(dynamo.frontend.__file__)";
    let place = run(&dev, &["python3", "-c", place]);
    assert!(place.starts_with("/workspace/components/"), "{place}");
    assert!(run(&dev, &["cargo", "--version"]).starts_with("cargo "));

    let docs = image("docs", &[]);
    let page = run(&docs, &["cat", "/workspace/docs/build/html/index.html"]);
    assert!(page.contains("which model it serves"), "{page}");

    let epp = format!("EPP_IMAGE={}", picker.name());
    let frontend = image("frontend", &["--build-arg", &epp]);
    assert_eq!(run(&frontend, &[]).trim(), "picked");
}

/// What one engine compiled, another one takes from the bucket. Both must be fresh, as those of
/// `ci/test` are: what is in a kept target directory is compiled by nobody.
#[test]
#[ignore = "compiles for minutes and loads from three package registries; run it with `--ignored`"]
fn what_one_engine_compiled_another_takes_from_the_bucket() {
    let Some((engine, programs)) = engines::with_cache_servers() else {
        return;
    };
    let other = engines::newest()
        .into_iter()
        .find(|other| other.host != engine.host)
        .expect("a second engine");
    let workspace = Workspace::new();
    let servers = CacheServers::new(&programs);
    let figures = [&engine, &other].map(|at| {
        // Each engine sees this machine at another address; what is kept is the same.
        let server = servers.s3(at);
        let image = at.image("tree");
        let mut dynbuild = workspace.command(at, &image);
        dynbuild.args(["--use-sccache", "--sccache-bucket", BUCKET]);
        dynbuild.args(["--sccache-region", "us-east-1", "--sccache-endpoint"]);
        dynbuild.arg(format!("http://{}", server.address()));
        dynbuild.env("AWS_ACCESS_KEY_ID", USER);
        dynbuild.env("AWS_SECRET_ACCESS_KEY", PASSWORD);
        figures(&told(&mut dynbuild))
    });
    let [(none, all), (hits, of)] = figures;
    assert_eq!((none, all), (0, of));
    assert!(of > 20, "{of} compilations are not the workspace");
    assert!(hits * 100 >= of * 95, "{hits} of {of} hits");
}

/// The hits and the compilations that the summary tells of the bucket.
fn figures(told: &str) -> (u32, u32) {
    let line = told.lines().find(|line| line.ends_with("  s3 objects"));
    let line = line.unwrap_or_else(|| panic!("no figures in\n{told}"));
    let mut words = line.split_whitespace().skip(1);
    let mut number = || words.by_ref().find_map(|word| word.parse().ok());
    (number().expect("hits"), number().expect("compilations"))
}

fn card(engine: &Engine, image: &Owned, flags: &[&str]) -> String {
    let mut docker = engine.docker();
    docker.args(["run", "--rm"]).args(flags).arg(image.name());
    engine.run(docker.args(["python3", "-m", "dynamo.frontend"]))
}

/// A copy of the stand-in for Dynamo's tree.
struct Workspace {
    folder: TempDir,
}

impl Workspace {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a directory");
        let original = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/workspace/.");
        let mut copy = Command::new("cp");
        copy.arg("-r").arg(original).arg(folder.path());
        assert!(copy.status().expect("cp").success());
        Self { folder }
    }

    fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    fn replace(&self, path: &str, old: &str, new: &str) {
        let text = fs_err::read_to_string(self.path(path)).expect("readable");
        assert!(text.contains(old), "{path} lacks {old}");
        fs_err::write(self.path(path), text.replace(old, new)).expect("written");
    }

    /// Builds the image and returns what was told.
    fn build(&self, engine: &Engine, image: &Owned) -> String {
        told(&mut self.command(engine, image))
    }

    fn command(&self, engine: &Engine, image: &Owned) -> Command {
        self.target(engine, "runtime", image)
    }

    /// With the caller's environment, for that says which index of Python packages is near.
    fn target(&self, engine: &Engine, target: &str, image: &Owned) -> Command {
        let mut dynbuild = Command::new(env!("CARGO_BIN_EXE_dynbuild"));
        dynbuild.env("DOCKER_HOST", &engine.host);
        dynbuild.args([
            "--framework",
            "dynamo",
            "--source",
            "tree",
            "--target",
            target,
        ]);
        dynbuild.args([
            "--no-tag-latest",
            "--progress",
            "plain",
            "--tag",
            image.name(),
        ]);
        dynbuild.arg("--context").arg(self.folder.path());
        dynbuild
    }
}

/// Runs a build for as long as it takes, for compilers have their time, and returns what it told.
fn told(dynbuild: &mut Command) -> String {
    let end = dynbuild.output().expect("started");
    let told = String::from_utf8_lossy(&end.stderr).into_owned();
    assert!(end.status.success(), "{told}");
    told
}
