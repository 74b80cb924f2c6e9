//! Sets of images on real engines and registries: published whole, or not at all.

use std::collections::BTreeSet;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::process::Command;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rustix::process::Signal;
use serde_json::Value;

use super::sample::{End, Running, Sample, run};
use crate::support::busy_registry::{Answer, BusyRegistry};
use crate::support::engines::{self, Engine, unique};

/// Two frameworks with a stage of one name, which both are made from the same step.
const FRAGMENT: &str = "FROM busybox:latest AS shared\nRUN echo {salt} > /shared\n\
    FROM shared AS first\nARG FAILING\nRUN test \"$FAILING\" != sample-first && echo {salt} > /first\n\
    FROM shared AS second\nARG FAILING\nRUN test \"$FAILING\" != sample-second && echo {salt} > /second\n\
    FROM shared AS third\nARG FAILING\nRUN test \"$FAILING\" != sample-third && echo {salt} > /third\n";

/// What the targets of a framework are called.
const TARGETS: [&str; 3] = ["first", "second", "third"];

/// A set of six: two frameworks of three targets, in one repository.
pub(super) struct Set {
    pub(super) sample: Sample,
    pub(super) repository: String,
}

impl Set {
    pub(super) fn new(registry: &str) -> Self {
        let sample = Sample::with_stages(FRAGMENT);
        sample.add_to_profile("[targets.third]\nfragment = \"sample\"\n");
        let other = sample.read("profiles/sample.toml");
        let other = other.replace("framework = \"sample\"", "framework = \"other\"");
        let other = other.replace("fragment = \"sample\"", "fragment = \"other\"");
        sample.write("profiles/other.toml", &other);
        let fragment = sample.read("dockerfiles/sample.Dockerfile");
        let fragment = fragment
            .replace("> /", "> /other-")
            .replace("other-shared", "shared")
            .replace("!= sample-", "!= other-");
        sample.write("dockerfiles/other.Dockerfile", &fragment);
        sample.write(
            "context/dynbuild.toml",
            "[sets.six]\nbuilds = [{ framework = [\"sample\", \"other\"], \
             target = [\"first\", \"second\", \"third\"] }]\n",
        );
        let repository = format!("{registry}/e2e/{}", unique("set"));
        Self { sample, repository }
    }

    fn names() -> Vec<String> {
        let frameworks = ["sample", "other"].into_iter();
        let names =
            frameworks.flat_map(|framework| TARGETS.map(|target| format!("{framework}-{target}")));
        names.collect()
    }

    /// `dynbuild --set six`, pushed under a name for each target.
    pub(super) fn push(&self, engine: &Engine, failing: &str) -> Command {
        let mut command = self.build(engine, failing);
        let tag = format!("{}:{{framework}}-{{target}}", self.repository);
        command.args(["--push", "-t", &tag]);
        command
    }

    pub(super) fn build(&self, engine: &Engine, failing: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_dynbuild"));
        command
            .env_clear()
            .env("DOCKER_HOST", &engine.host)
            .env("HOME", self.sample.path("home"))
            .env("LANG", "C.UTF-8")
            .current_dir(self.sample.path("context"))
            .args(["--set", "six", "--no-tag-latest"])
            .args(["--build-arg", &format!("FAILING={failing}")])
            .arg("--profile-dir")
            .arg(self.sample.path(""))
            .arg("--context")
            .arg(self.sample.path("context"));
        command
    }

    /// Changes what all targets are made from.
    pub(super) fn renew(&self) {
        for fragment in ["sample", "other"] {
            let place = format!("dockerfiles/{fragment}.Dockerfile");
            let text = self.sample.read(&place);
            self.sample
                .write(&place, &text.replace("RUN echo", "RUN echo again;  echo"));
        }
    }

    /// Returns the tags of the repository that are ours, sorted.
    pub(super) fn tags(&self) -> Vec<String> {
        let (address, path) = self.repository.split_once('/').expect("a registry");
        let answer = get(address, &format!("/v2/{path}/tags/list"));
        let value: Value = serde_json::from_str(&answer).unwrap_or_default();
        let tags = value["tags"].as_array().cloned().unwrap_or_default();
        let mut tags: Vec<_> = tags
            .iter()
            .filter_map(|tag| tag.as_str().map(str::to_owned))
            .filter(|tag| !tag.starts_with("dynbuild-upload-"))
            .collect();
        tags.sort();
        tags
    }

    pub(super) fn assert_complete(&self, what: &str) {
        let mut names = Self::names();
        names.sort();
        assert_eq!(self.tags(), names, "{what}");
    }
}

/// Manifests as they are stored; without these types, a registry translates them.
const MANIFESTS: &str = "application/vnd.oci.image.manifest.v1+json, \
    application/vnd.docker.distribution.manifest.v2+json";

/// Asks a registry without TLS.
fn get(address: &str, path: &str) -> String {
    let mut stream = TcpStream::connect(address).expect("a registry");
    write!(
        stream,
        "GET {path} HTTP/1.1\r\nHost: {address}\r\nAccept: {MANIFESTS}\r\nConnection: close\r\n\r\n"
    )
    .expect("asked");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    let (_, body) = answer.split_once("\r\n\r\n").expect("a body");
    body.to_owned()
}

fn assert_says(end: &End, words: &[&str]) {
    for word in words {
        assert!(end.stderr.contains(word), "{word}:\n{}", end.stderr);
    }
}

#[test]
fn no_name_of_a_set_moves_when_one_of_its_targets_fails() {
    for engine in engines::newest() {
        let set = Set::new(&engine.registry);
        for failing in Set::names() {
            let end = run(&mut set.push(&engine, &failing));
            end.assert_code(1, &failing);
            let message = format!("A step of target `{failing}` ended with exit code 1");
            assert_says(&end, &[&message]);
            assert_eq!(end.stderr.matches("error: ").count(), 1, "{}", end.stderr);
            assert_eq!(set.tags(), Vec::<String>::new(), "{failing}");
        }
        let end = run(&mut set.push(&engine, "none"));
        end.assert_code(0, "nothing fails");
        set.assert_complete(&end.stderr);
        assert_says(&end, &["sample-first", "other-third", "1 name"]);
    }
}

#[test]
fn a_disk_that_is_full_in_the_middle_moves_no_name() {
    for engine in engines::newest() {
        let set = Set::new(&engine.registry);
        let place = "dockerfiles/sample.Dockerfile";
        let fragment = set.sample.read(place);
        let filled = "RUN --mount=type=tmpfs,size=1000000,target=/t \
                      dd if=/dev/zero of=/t/x bs=1000 count=9000 && test \"$FAILING\" != sample-third";
        let old = "RUN test \"$FAILING\" != sample-third";
        assert!(fragment.contains(old));
        set.sample.write(place, &fragment.replace(old, filled));
        let end = run(&mut set.push(&engine, "none"));
        end.assert_code(1, &engine.name);
        let words = [
            "No space left on device",
            "`sample-third`",
            "docker system df",
        ];
        assert_says(&end, &words);
        assert_eq!(set.tags(), Vec::<String>::new(), "{}", end.stderr);
    }
}

#[test]
fn a_registry_with_a_login_and_tls_gets_the_whole_set() {
    for engine in engines::newest() {
        let registry = &engine.registry_with_login;
        let set = Set::new(&registry.address);
        let login = STANDARD.encode(format!("{}:{}", registry.user, registry.password));
        let config = format!(
            r#"{{"auths": {{"{}": {{"auth": "{login}"}}}}}}"#,
            registry.address
        );
        set.sample.write("login/config.json", &config);
        let push = |authority: &std::path::Path| {
            let mut push = set.push(&engine, "none");
            push.env("DOCKER_CONFIG", set.sample.path("login"));
            run(push.env("SSL_CERT_FILE", authority))
        };
        set.sample.write("none.pem", "");
        let end = push(&set.sample.path("none.pem"));
        end.assert_code(4, "nobody vouches for the registry");
        assert_says(&end, &["/etc/docker/certs.d/", "UnknownIssuer"]);
        assert!(!end.stderr.contains("Retry"), "{}", end.stderr);
        let end = push(&engine.run_dir.join("tls/ca.pem"));
        end.assert_code(0, "its authority is known");
        assert_says(&end, &["naming", "1 name"]);
        for name in Set::names() {
            let name = format!("{}:{name}", set.repository);
            let mut pull = engine.docker();
            engine.run(
                pull.args(["pull", "--quiet", &name])
                    .env("DOCKER_CONFIG", set.sample.path("login")),
            );
            engine.run(engine.docker().args(["image", "rm", "--force", &name]));
        }
    }
}

#[test]
fn a_step_that_frameworks_share_runs_once() {
    for engine in engines::newest() {
        let set = Set::new(&engine.registry);
        let count = format!("--mount=type=cache,id={},target=/count", set.sample.salt);
        for fragment in ["sample", "other"] {
            let place = format!("dockerfiles/{fragment}.Dockerfile");
            let text = set.sample.read(&place);
            let counted = format!("RUN {count} echo ran >> /count/runs; echo");
            set.sample
                .write(&place, &text.replacen("RUN echo", &counted, 1));
        }
        run(set.build(&engine, "none").arg("--no-load")).assert_code(0, "a set");

        let counter = format!("RUN {count} cp /count/runs /\n");
        let counter = Sample::new(&counter);
        run(counter.dynbuild(&engine).args(["-o", "out"])).assert_code(0, "the count");
        assert_eq!(counter.read("out/runs"), "ran\n", "{}", engine.name);
    }
}

/// Targets that read different parts of a context have sessions of their own.
#[test]
fn the_dockerfile_of_a_set_is_read_once() {
    for engine in engines::newest() {
        let sample = Sample::with_stages(
            "# {salt}\nFROM scratch AS first\nCOPY a.txt /\nFROM scratch AS second\nCOPY b.txt /\n",
        );
        for name in ["a.txt", "b.txt", "ignored.txt"] {
            sample.write(&format!("context/{name}"), name);
        }
        sample.write("context/.dockerignore", "ignored.txt\n");
        let mut build = sample.dynbuild(&engine);
        build.args(["--target", "first", "--target", "second", "--no-load"]);
        let end = run(build.args(["--progress", "rawjson"]));
        end.assert_code(0, &engine.name);
        let count = |name: &str| {
            let events = end.stderr.lines();
            let events = events.filter_map(|line| serde_json::from_str::<Value>(line).ok());
            let vertexes = events.filter_map(|event| event["vertexes"].as_array().cloned());
            let named = vertexes.flatten().filter(|vertex| vertex["name"] == name);
            let digests = named.map(|vertex| vertex["digest"].to_string());
            digests.collect::<BTreeSet<_>>().len()
        };
        assert_eq!(count("[internal] load build context"), 2, "{}", end.stderr);
        let definition = "[internal] load build definition from Dockerfile";
        assert_eq!(count(definition), 1, "{}", end.stderr);
        assert_eq!(count("[internal] load .dockerignore"), 0, "{}", end.stderr);
    }
}

#[test]
fn a_set_that_is_killed_at_any_step_is_completed_by_the_next_run() {
    for engine in engines::newest() {
        // The last ones: when the first names have moved, and when the last one is about to.
        for step in [
            "echo",
            "exporting",
            "pushing",
            "naming",
            "other-first in its registry",
            "other-third in its registry",
        ] {
            let set = Set::new(&engine.registry);
            let mut killed = Running::start(set.push(&engine, "none").arg("--progress=plain"));
            killed.until_said(step);
            killed.signal(Signal::KILL);
            killed.end();
            let moved = set.tags();
            if ["echo", "exporting", "pushing"].contains(&step) {
                assert_eq!(moved, Vec::<String>::new(), "{step}");
            }
            for name in &moved {
                assert!(Set::names().contains(name), "{step}: {name}");
            }
            let end = run(&mut set.push(&engine, "none"));
            end.assert_code(0, step);
            set.assert_complete(step);
        }
    }
}

#[test]
fn a_registry_that_refuses_the_last_name_gets_none() {
    for engine in engines::newest() {
        let registry = BusyRegistry::start(&engine);
        let set = Set::new(&registry.address);
        let end = run(&mut set.push(&engine, "none"));
        end.assert_code(0, "the old images");
        let old = digests(&set);
        set.renew();
        registry.answer(
            &["PUT", "/manifests/other-third"],
            Answer::Status("403 Forbidden", ""),
            1,
        );
        let end = run(&mut set.push(&engine, "none"));
        end.assert_code(4, "the last name");
        assert_eq!(registry.relax(), 0);
        assert_eq!(digests(&set), old, "{}", end.stderr);
        assert_says(
            &end,
            &["refused to put the name", "Uploaded without a name"],
        );
        let end = run(&mut set.push(&engine, "none"));
        end.assert_code(0, "again");
        assert_ne!(digests(&set), old, "{}", end.stderr);
    }
}

/// What the names stand for now.
fn digests(set: &Set) -> Vec<String> {
    let (address, path) = set.repository.split_once('/').expect("a registry");
    let names = Set::names().into_iter();
    names
        .map(|name| get(address, &format!("/v2/{path}/manifests/{name}")))
        .collect()
}

#[test]
fn what_passes_is_tried_again_and_said() {
    for engine in engines::newest() {
        let registry = BusyRegistry::start(&engine);
        let busy = Answer::Status("503 Service Unavailable", "");
        let limited = Answer::Status("429 Too Many Requests", "Retry-After: 1\r\n");
        let dated = Answer::Status(
            "503 Service Unavailable",
            "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\nRetry-After: Sun, 06 Nov 1994 08:49:38 GMT\r\n",
        );
        for answer in [busy, limited, dated, Answer::Reset] {
            let set = Set::new(&registry.address);
            registry.answer(&["PUT", "/manifests/sample-first"], answer.clone(), 2);
            let end = run(&mut set.push(&engine, "none"));
            end.assert_code(0, &format!("{answer:?}"));
            assert_eq!(registry.relax(), 0, "{answer:?}");
            set.assert_complete(&end.stderr);
            assert_says(&end, &["Retry 1 of 2", "Retry 2 of 2"]);
            // What the registry asks for wins over delays that grow.
            if format!("{answer:?}").contains("Retry-After") {
                assert_says(&end, &["Retry 2 of 2 in 1.0s"]);
            }
        }
        let set = Set::new(&registry.address);
        let answer = Answer::Status("503 Service Unavailable", "");
        registry.answer(&["PUT", "/manifests/sample-first"], answer, 9);
        let end = run(set.push(&engine, "none").args(["--retries", "1"]));
        end.assert_code(4, "too often");
        registry.relax();
        assert_eq!(set.tags(), Vec::<String>::new(), "{}", end.stderr);
    }
}

#[test]
fn those_that_go_on_are_built_and_not_published() {
    for engine in engines::newest() {
        let set = Set::new(&engine.registry);
        let end = run(set
            .push(&engine, "sample-first")
            .args(["--keep-going", "--jobs", "1"]));
        end.assert_code(1, "first fails");
        assert_says(&end, &["withheld"]);
        assert!(!end.stderr.contains("cancelled"), "{}", end.stderr);
        assert_eq!(set.tags(), Vec::<String>::new(), "{}", end.stderr);

        let end =
            run(set
                .push(&engine, "sample-first")
                .args(["--keep-going", "--publish", "each"]));
        end.assert_code(1, "first fails");
        let published = [
            "other-first",
            "other-second",
            "other-third",
            "sample-second",
            "sample-third",
        ];
        assert_eq!(set.tags(), published, "{}", end.stderr);
    }
}

#[test]
fn a_set_in_the_engine_is_named_at_the_end() {
    for engine in engines::all() {
        let set = Set::new("local.example");
        let tag = format!("{}:{{framework}}-{{target}}", set.repository);
        let images = || {
            let list = ["image", "ls", "--format", "{{.Tag}}", &set.repository];
            let listed = engine.run(engine.docker().args(list));
            listed.lines().count()
        };
        let end = run(set.build(&engine, "sample-third").args(["-t", &tag]));
        end.assert_code(1, &engine.name);
        assert_eq!(images(), 0, "{}", end.stderr);
        let end = run(set.build(&engine, "none").args(["-t", &tag]));
        end.assert_code(0, &engine.name);
        assert_eq!(images(), 6, "{}", end.stderr);
        for name in Set::names() {
            let name = format!("{}:{name}", set.repository);
            engine.run(engine.docker().args(["image", "rm", "--force", &name]));
        }
    }
}
