//! The nightly of `docs/ci.md`: the file of its set and its workflow belong together, and every
//! command in it is one.

use std::process::Command;

use serde_json::Value;

use super::{read, root};
use crate::support::engines;

const HEADING: &str = "### A nightly of 24 images on a Kubernetes builder";

/// Returns the block of a language in the section.
fn block(language: &str) -> String {
    let page = read(&root().join("docs/ci.md"));
    let (_, section) = page.split_once(HEADING).expect("the section");
    let (_, block) = section
        .split_once(&format!("```{language}\n"))
        .expect("a block");
    let (block, _) = block.split_once("```").expect("its end");
    block.to_owned()
}

/// Returns the words of the action's `args`, which go on over lines.
fn arguments(workflow: &str) -> Vec<String> {
    let (before, after) = workflow.split_once("args: >-\n").expect("arguments");
    let indent = before.lines().last().map_or(0, str::len);
    let is_inside = |line: &&str| line.len() - line.trim_start().len() > indent;
    let lines: Vec<_> = after.lines().take_while(is_inside).collect();
    shell_words::split(&lines.join(" ")).expect("words")
}

/// Returns the command that begins with these words, its lines joined.
fn command(workflow: &str, begin: &str) -> Vec<String> {
    let at = workflow.find(begin).expect("a command");
    let joined = workflow[at..].replace("\\\n", " ");
    let line = joined.lines().next().expect("a line");
    shell_words::split(line).expect("words")
}

#[test]
fn the_nightly_is_a_set_of_24_images_that_dynbuild_plans() {
    let directory = tempfile::tempdir().expect("a directory");
    fs_err::create_dir(directory.path().join("home")).expect("a home");
    fs_err::write(directory.path().join("dynbuild.toml"), block("toml")).expect("a file");
    // The repository is Dynamo's, whose commit names the images.
    let manifest = "[project]\nname = \"ai-dynamo\"\n";
    fs_err::write(directory.path().join("pyproject.toml"), manifest).expect("a file");
    fs_err::write(directory.path().join("Cargo.toml"), "[workspace]\n").expect("a file");
    let identity = ["-c", "user.name=x", "-c", "user.email=x@example.com"];
    for words in [
        &["init", "--quiet"][..],
        &["commit", "--quiet", "--allow-empty", "-m", "x"],
    ] {
        let mut git = Command::new("git");
        git.current_dir(directory.path()).args(identity).args(words);
        assert!(git.status().expect("git").success(), "{words:?}");
    }
    let workflow = block("yaml");
    let create = command(&workflow, "docker buildx create");
    let name = create.iter().position(|word| word == "--name");
    let builder = name.and_then(|at| create.get(at + 1)).expect("a name");
    let arguments = arguments(&workflow);
    let mut words = arguments.iter();
    words.by_ref().find(|word| *word == "--builder");
    assert_eq!(words.next(), Some(builder), "another builder is used");

    let run = |more: &[&str]| {
        let mut dynbuild = Command::new(env!("CARGO_BIN_EXE_dynbuild"));
        dynbuild
            .env_clear()
            .env("HOME", directory.path().join("home"))
            .env("LANG", "C.UTF-8")
            .current_dir(directory.path());
        let output = dynbuild.args(more).output().expect("started");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{more:?}: {said}");
        String::from_utf8(output.stdout).expect("a text")
    };
    // The builder is no part of a plan, and there is none here.
    let mut planned: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let at = planned
        .iter()
        .position(|word| *word == "--builder")
        .expect("a builder");
    planned.drain(at..at + 2);
    let lines = run(&[&planned[..], &["--dry-run"]].concat());
    assert_eq!(lines.matches("buildx build").count(), 24, "{lines}");
    let plan = run(&["plan", "--set", "nightly", "--push", "--format", "json"]);
    let plan: Value = serde_json::from_str(&plan).expect("JSON");
    let targets = plan["targets"].as_array().expect("targets");
    let tags = targets
        .iter()
        .flat_map(|target| target["tags"].as_array().expect("tags"));
    let tags: std::collections::BTreeSet<_> = tags.map(ToString::to_string).collect();
    assert!(tags.len() >= 24, "images share names: {tags:?}");
}

#[test]
fn the_builder_of_the_nightly_is_one_that_buildx_creates() {
    for engine in engines::newest() {
        let directory = tempfile::tempdir().expect("a directory");
        let kubeconfig = directory.path().join("kubeconfig");
        let text = "apiVersion: v1\nkind: Config\ncurrent-context: k\n\
            clusters: [{name: c, cluster: {server: \"http://127.0.0.1:1\"}}]\n\
            users: [{name: u, user: {}}]\ncontexts: [{name: k, context: {cluster: c, user: u}}]\n";
        fs_err::write(&kubeconfig, text).expect("written");
        let words = command(&block("yaml"), "docker buildx create");
        // There is no cluster to start it on.
        let words = words.iter().skip(2).filter(|word| *word != "--bootstrap");
        let mut create = engine.buildx();
        create.args(words);
        create.env("BUILDX_CONFIG", directory.path());
        create.env("KUBECONFIG", &kubeconfig);
        assert_eq!(engine.run(&mut create), "pool");
    }
}
