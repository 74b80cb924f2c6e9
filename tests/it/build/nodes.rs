//! Builders with several nodes: one image of what each of them builds, as `docker buildx` makes it.
//!
//! With one engine of a kind, as in `ci/test`, the nodes are two relays to it, and buildx, which calls
//! builds on several nodes by one name, is compared on one node. Where a second engine of that kind is
//! listed in `DYNBUILD_TEST_ENGINES`, each node is one, and indexes are compared byte by byte.
//! One node is for `linux/386`, whose steps here run programs of `linux/amd64`.

use std::process::Command;

use serde_json::Value;

use super::buildkitd::Buildkitd;
use super::sample::{End, Sample, run};
use crate::support::engines::{self, Engine, Store, unique};

/// Steps of both platforms run programs of one.
const STAGES: &str = "FROM --platform=linux/amd64 busybox:latest AS first\n\
    ARG TARGETARCH\nARG FAILING\n\
    RUN echo {salt} > /$TARGETARCH && test \"$FAILING\" != \"$TARGETARCH\"\n";

const BOTH: &str = "linux/amd64,linux/386";

/// A builder `made` with a node for each of two platforms.
struct Nodes {
    engine: Engine,
    /// Whether each node is an engine of its own.
    are_two: bool,
    sample: Sample,
    repository: String,
}

impl Nodes {
    /// The engine whose BuildKit pushes, if there is one.
    fn new() -> Option<Self> {
        let mut engines = engines::newest();
        engines.retain(|engine| engine.store == Store::Containerd);
        let (engine, other) = (engines.first()?.clone(), engines.last()?.clone());
        let sample = Sample::with_stages(STAGES);
        let profile = sample.read("profiles/sample.toml");
        let profile = profile.replace("\"linux/arm64\"", "\"linux/386\", \"linux/amd64/v2\"");
        sample.write("profiles/sample.toml", &profile);
        let nodes = Self {
            repository: format!("{}/e2e/{}", engine.registry, unique("nodes")),
            are_two: engines.len() > 1,
            engine,
            sample,
        };
        let first = Buildkitd::named(&nodes.engine, &nodes.sample, "first").endpoint();
        let second = Buildkitd::named(&other, &nodes.sample, "second").endpoint();
        nodes.create("made", &["--platform", "linux/amd64", &first]);
        nodes.create("made", &["--append", "--platform", "linux/386", &second]);
        nodes.create("one", &[&first]);
        Some(nodes)
    }

    fn create(&self, name: &str, words: &[&str]) {
        let mut create = self.engine.buildx();
        create
            .env("BUILDX_CONFIG", self.sample.path("buildx"))
            .args(["create", "--name", name, "--driver", "remote"])
            .args(words);
        self.engine.run(&mut create);
    }

    fn command(&self, mut command: Command, platforms: &str) -> Command {
        command
            .env("BUILDX_CONFIG", self.sample.path("buildx"))
            .args(["--builder", "made", "--platform", platforms]);
        command
    }

    /// `dynbuild` for some platforms.
    fn build(&self, platforms: &str) -> Command {
        self.command(self.sample.dynbuild(&self.engine), platforms)
    }

    /// `dynbuild` for both, pushed under some tags.
    fn push(&self, tags: &[&str]) -> Command {
        let mut push = self.build(BOTH);
        push.arg("--push");
        for tag in tags {
            push.args(["-t", &format!("{}:{tag}", self.repository)]);
        }
        push
    }

    /// The same target by `docker buildx bake`.
    fn bake(&self, words: &[&str], settings: &[&str]) {
        let mut plan = self.sample.command(&self.engine, "plan");
        plan.args(["--format", "bake", "--platform", BOTH, "--no-tag-latest"]);
        let end = run(plan.args(words));
        end.assert_code(0, "a file for bake");
        self.sample.write("bake.json", &end.text());
        let mut bake = self.engine.buildx();
        bake.env("BUILDX_CONFIG", self.sample.path("buildx"))
            .env("BUILDX_NO_DEFAULT_ATTESTATIONS", "1")
            .env("BUILDX_BAKE_ENTITLEMENTS_FS", "0")
            .current_dir(self.sample.path(""))
            .args(["bake", "-f", "bake.json", "--builder"])
            .arg(if self.are_two { "made" } else { "one" });
        for setting in settings {
            bake.args(["--set", setting]);
        }
        self.engine.run(&mut bake);
    }

    /// `docker buildx bake`, pushed under a tag.
    fn bake_push(&self, tag: &str, words: &[&str]) {
        let name = format!("*.tags={}:{tag}", self.repository);
        let output = "*.output=type=image,push=true,registry.insecure=true";
        self.bake(words, &[&name, output]);
    }

    fn get(&self, what: &str) -> String {
        let (address, path) = self.repository.split_once('/').expect("a registry");
        let url = format!("http://{address}/v2/{path}/{what}");
        let accept = "Accept: application/vnd.oci.image.index.v1+json, \
                      application/vnd.docker.distribution.manifest.list.v2+json";
        let output = Command::new("curl")
            .args(["-sSL", "-H", accept, &url])
            .output();
        let output = output.expect("curl");
        String::from_utf8(output.stdout).expect("a text")
    }

    /// Returns the index that a tag stands for, byte by byte.
    fn index(&self, tag: &str) -> String {
        self.get(&format!("manifests/{tag}"))
    }

    /// Compares what a tag stands for with what one of buildx does: byte by byte, or but for the
    /// order where one node has made all of that.
    fn assert_alike(&self, ours: &str, theirs: &str) {
        let (ours, theirs) = (self.index(ours), self.index(theirs));
        if self.are_two {
            assert_eq!(ours, theirs);
            return;
        }
        let sorted = |index: &str| {
            let mut index: Value = serde_json::from_str(index).expect("an index");
            let entries = index["manifests"].as_array_mut().expect("manifests");
            entries.sort_by_key(ToString::to_string);
            index
        };
        assert_eq!(sorted(&ours), sorted(&theirs));
    }

    fn tags(&self) -> Vec<String> {
        let list: Value = serde_json::from_str(&self.get("tags/list")).unwrap_or_default();
        let tags = list["tags"].as_array().cloned().unwrap_or_default();
        tags.iter()
            .map(|tag| tag.as_str().unwrap_or_default().to_owned())
            .collect()
    }
}

/// Returns what an index has, without what differs each time.
fn entries(index: &str) -> Vec<String> {
    let index: Value = serde_json::from_str(index).expect("an index");
    let entries = index["manifests"].as_array().expect("manifests").iter();
    let mut entries: Vec<_> = entries
        .map(|entry| {
            let kind = &entry["annotations"]["vnd.docker.reference.type"];
            format!("{} {kind}", entry["platform"])
        })
        .collect();
    entries.sort();
    entries
}

fn assert_says(end: &End, words: &str) {
    assert!(end.stderr.contains(words), "{words}:\n{}", end.stderr);
}

#[test]
fn the_index_of_several_nodes_is_that_of_buildx() {
    let Some(nodes) = Nodes::new() else { return };
    let end = run(nodes
        .push(&["ours", "again"])
        .args(["--metadata-file", "meta.json"]));
    end.assert_code(0, "two nodes");
    assert_says(&end, "joining the platforms in");
    nodes.bake_push("theirs", &[]);
    let ours = nodes.index("ours");
    assert_eq!(entries(&ours).len(), 2, "{ours}");
    nodes.assert_alike("ours", "theirs");
    assert_eq!(ours, nodes.index("again"));
    let metadata: Value = serde_json::from_str(&nodes.sample.read("meta.json")).unwrap();
    let digest = metadata["containerimage.digest"]
        .as_str()
        .expect("a digest");
    assert_eq!(nodes.index(digest), ours);
}

#[test]
fn attestations_go_with_the_images_of_each_node() {
    let Some(nodes) = Nodes::new() else { return };
    let provenance = ["--provenance", "mode=max"];
    run(nodes.push(&["ours"]).args(provenance)).assert_code(0, "with provenance");
    nodes.bake_push("theirs", &provenance);
    let ours = entries(&nodes.index("ours"));
    assert_eq!(ours.len(), 4, "{ours:?}");
    assert_eq!(ours, entries(&nodes.index("theirs")));
}

#[test]
fn annotations_of_the_index_are_kept() {
    let Some(nodes) = Nodes::new() else { return };
    let output = format!(
        "type=image,push=true,registry.insecure=true,annotation-index.which=all,\
         annotation-manifest-descriptor.each=one,name={}:ours",
        nodes.repository
    );
    run(nodes.build(BOTH).args(["-o", &output])).assert_code(0, "with annotations");
    let output = format!("*.output={}", output.replace(":ours", ":theirs"));
    let name = format!("*.tags={}:theirs", nodes.repository);
    nodes.bake(&[], &[&name, &output]);
    let ours = nodes.index("ours");
    assert!(ours.contains("\"which\": \"all\""), "{ours}");
    nodes.assert_alike("ours", "theirs");
}

#[test]
fn a_node_that_fails_keeps_every_name_where_it_is() {
    let Some(nodes) = Nodes::new() else { return };
    for (failing, options) in [
        ("386", &[][..]),
        ("amd64", &[]),
        ("386", &["--publish", "each"]),
        ("386", &["--keep-going"]),
    ] {
        let failing = format!("FAILING={failing}");
        let end = run(nodes
            .push(&["x"])
            .args(["--build-arg", &failing])
            .args(options));
        end.assert_code(1, &failing);
        assert_eq!(end.stderr.matches("error: ").count(), 1, "{}", end.stderr);
        assert_eq!(nodes.tags(), Vec::<String>::new(), "{failing} {options:?}");
    }
    let end = run(&mut nodes.push(&["x", "y"]));
    end.assert_code(0, "nothing fails");
    let mut tags = nodes.tags();
    tags.sort();
    assert_eq!(tags, ["x", "y"]);
}

#[test]
fn files_of_several_nodes_lie_where_buildx_puts_them() {
    let Some(nodes) = Nodes::new() else { return };
    let output = |name: &str| nodes.sample.path(name).display().to_string();
    run(nodes.build(BOTH).args(["-o", &output("ours")])).assert_code(0, "files");
    let theirs = format!("*.output=type=local,dest={}", output("theirs"));
    nodes.bake(&[], &[&theirs]);
    for name in ["linux_amd64/amd64", "linux_386/386"] {
        let made = nodes.sample.read(&format!("ours/{name}"));
        assert_eq!(made.trim(), nodes.sample.salt);
        assert_eq!(made, nodes.sample.read(&format!("theirs/{name}")));
    }
}

#[test]
fn what_nodes_cannot_make_together_is_refused_before_they_build() {
    let Some(nodes) = Nodes::new() else { return };
    for output in ["type=docker", "type=oci,dest=x.tar", "type=tar,dest=x.tar"] {
        let end = run(nodes.build(BOTH).args(["-o", output]));
        end.assert_code(2, output);
        assert_says(&end, &format!("cannot make output `{output}` together"));
        assert_says(&end, "`--push`");
        assert!(!nodes.sample.path("x.tar").exists(), "{output}");
    }
}

#[test]
fn nodes_that_build_nothing_are_not_reached() {
    let Some(nodes) = Nodes::new() else { return };
    nodes.create(
        "made",
        &[
            "--append",
            "--platform",
            "linux/arm64",
            "unix:///nowhere/b.sock",
        ],
    );
    run(nodes.build(BOTH).arg("--no-load")).assert_code(0, "without the third");
    // Nobody was created for this one, so that all are asked.
    let end = run(nodes.build("linux/amd64/v2").arg("--no-load"));
    end.assert_code(3, "with the third");
    assert_says(&end, "It is node `made2` of builder `made`");
}

#[test]
fn a_step_says_for_which_platform_it_is() {
    let Some(nodes) = Nodes::new() else { return };
    let end = run(nodes.build(BOTH).args(["--no-load", "--progress", "plain"]));
    end.assert_code(0, "both");
    assert_says(&end, "[linux/amd64 2/2] RUN");
    assert_says(&end, "[linux/amd64->386 2/2] RUN");
}
