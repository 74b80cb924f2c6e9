//! Builders that are no engines: the BuildKit of a test engine, reached as a `buildkitd` is.

use std::path::Path;
use std::process::Command;

use test_case::test_case;

use super::buildkitd::Buildkitd;
use super::sample::{Sample, run};
use crate::support::engines::{self, Engine, Store, unique};

/// The engine whose BuildKit exports archives.
fn containerd() -> impl Iterator<Item = Engine> {
    let engines = engines::newest().into_iter();
    engines.filter(|engine| engine.store == Store::Containerd)
}

fn with_builder(sample: &Sample, engine: &Engine, name: &str) -> Command {
    let mut command = sample.dynbuild(engine);
    command
        .env("BUILDX_CONFIG", sample.path("buildx"))
        .args(["--builder", name]);
    command
}

/// `docker buildx create` of a builder `made`. Nothing is started.
fn create(sample: &Sample, engine: &Engine, words: &[&str]) {
    let mut create = engine.buildx();
    create
        .env("BUILDX_CONFIG", sample.path("buildx"))
        .env("KUBECONFIG", sample.path("kubeconfig"))
        .args(["create", "--name", "made"])
        .args(words);
    engine.run(&mut create);
}

#[test]
fn a_builder_that_buildx_has_created_builds_loads_and_pushes() {
    for engine in containerd() {
        let sample = Sample::new("RUN echo {salt} > /made\n");
        let endpoint = Buildkitd::of(&engine, &sample).endpoint();
        create(&sample, &engine, &["--driver", "remote", &endpoint]);

        let loaded = unique("loaded");
        let end = run(with_builder(&sample, &engine, "made").args(["-t", &format!("{loaded}:1")]));
        end.assert_code(0, "loaded");
        let run_it = ["run", "--rm", &format!("{loaded}:1"), "cat", "/made"];
        let made = engine.run(engine.docker().args(run_it));
        assert_eq!(made.trim(), sample.salt);
        engine.run(
            engine
                .docker()
                .args(["image", "rm", "--force", &format!("{loaded}:1")]),
        );

        let pushed = format!("{}/e2e/{}:1", engine.registry, unique("pushed"));
        let end = run(with_builder(&sample, &engine, "made").args(["--push", "-t", &pushed]));
        end.assert_code(0, "pushed");
        engine.run(engine.docker().args(["pull", "--quiet", &pushed]));
        engine.run(engine.docker().args(["image", "rm", "--force", &pushed]));
    }
}

#[test]
fn a_builder_of_the_own_file_is_reached() {
    for engine in containerd() {
        let sample = Sample::new("RUN echo {salt} > /made\n");
        let endpoint = Buildkitd::of(&engine, &sample).endpoint();
        let table = format!("[builders.own]\nendpoint = \"{endpoint}\"\n");
        sample.write("home/.config/dynbuild/config.toml", &table);
        let end = run(with_builder(&sample, &engine, "own").arg("--no-load"));
        end.assert_code(0, "a builder of the own file");
    }
}

/// A cluster that nobody has to reach: `kubectl` is a stand-in.
const KUBECONFIG: &str = "apiVersion: v1\nkind: Config\ncurrent-context: k\n\
    clusters: [{name: c, cluster: {server: \"http://127.0.0.1:1\"}}]\n\
    users: [{name: u, user: {}}]\n\
    contexts: [{name: k, context: {cluster: c, user: u}}]\n";

#[test_case(
    &["--driver", "docker-container"],
    "docker --host [ENGINE] exec -i buildx_buildkit_made0 buildctl dial-stdio";
    "in a container"
)]
#[test_case(
    &["--driver", "docker-container", "--node", "my_node"],
    "docker --host [ENGINE] exec -i buildx_buildkit_my_node buildctl dial-stdio";
    "in a container of that name"
)]
#[test_case(
    &["--driver", "kubernetes", "--driver-opt", "namespace=ci"],
    "kubectl --kubeconfig=[HOME]/kubeconfig --namespace=ci exec --container=buildkitd -i deployment/made0 -- buildctl dial-stdio";
    "in a cluster"
)]
#[test_case(
    &["--driver", "kubernetes", "--driver-opt", "namespace=ci", "--node", "my_node"],
    "kubectl --kubeconfig=[HOME]/kubeconfig --namespace=ci exec --container=buildkitd -i deployment/my-node -- buildctl dial-stdio";
    "in a cluster under that name"
)]
#[test_case(
    &["--driver", "remote", "ssh://me@far.example:2222"],
    "ssh -o ConnectTimeout=30 -T -l me -p 2222 -- far.example buildctl dial-stdio";
    "behind ssh"
)]
#[test_case(
    &["--driver", "remote", "docker-container://boxed"],
    "docker exec -i boxed buildctl dial-stdio";
    "in a container without a builder"
)]
#[test_case(
    &["--driver", "remote", "kube-pod://p?namespace=ci&container=b"],
    "kubectl --namespace=ci exec --container=b -i p -- buildctl dial-stdio";
    "in a pod"
)]
fn builders_that_buildx_has_created_are_reached_by_their_commands(words: &[&str], line: &str) {
    for engine in containerd() {
        let sample = Sample::new("COPY a.txt /\nRUN echo {salt} > /made\n");
        let path = Buildkitd::of(&engine, &sample).ways(&sample);
        sample.write("kubeconfig", KUBECONFIG);
        create(&sample, &engine, words);
        let mut build = with_builder(&sample, &engine, "made");
        let end = run(build
            .env("PATH", path)
            .args(["-o", "type=tar,dest=made.tar"]));
        end.assert_code(0, &words.join(" "));
        assert!(sample.path("made.tar").is_file(), "{}", end.stderr);
        let program = ["docker", "kubectl", "ssh"].into_iter();
        let mut programs = program.filter(|name| sample.path(&format!("called-{name}")).exists());
        let program = programs.next().expect("a program was called");
        let called = format!(
            "{program} {}",
            sample.read(&format!("called-{program}")).trim()
        )
        .replace(&engine.host, "[ENGINE]")
        .replace(&sample.path("").display().to_string(), "[HOME]/");
        assert_eq!(called, line);
    }
}

#[test]
fn a_builder_behind_tls_wants_our_certificate_and_shows_its_own() {
    for engine in containerd() {
        let sample = Sample::new("RUN echo {salt} > /made\n");
        let buildkitd = Buildkitd::of(&engine, &sample);
        let endpoint = buildkitd.behind_tls(&engine);
        let files = engine.run_dir.join("tls");
        let options = |certificate: &str, name: &str| {
            let file = |file: String| files.join(file).display().to_string();
            let (ca, cert) = (file("ca.pem".into()), file(format!("{certificate}.pem")));
            let key = certificate
                .replace("cert", "key")
                .replace("server", "server-key");
            let key = file(format!("{key}.pem"));
            format!("cacert={ca},cert={cert},key={key},servername={name}")
        };
        let build = |what: &str, options: &str| {
            fs_err::remove_dir_all(sample.path("buildx")).ok();
            let words = ["--driver", "remote", "--driver-opt", options, &endpoint];
            create(&sample, &engine, &words);
            let end = run(with_builder(&sample, &engine, "made").arg("--no-load"));
            (end.code, format!("{what}:\n{}", end.stderr))
        };
        // The engine's certificate is for its address, and the port is at another one.
        let (code, said) = build("the right name", &options("cert", &engine.address));
        assert_eq!(code, Some(0), "{said}");
        let (code, said) = build("no name", &options("cert", ""));
        assert_eq!(code, Some(3), "{said}");
        assert!(said.contains("certificate not valid for name"), "{said}");
        let (code, said) = build("no client's", &options("server", &engine.address));
        assert_eq!(code, Some(3), "{said}");
        assert!(said.contains("may not accept your certificate"), "{said}");

        own_file(&sample, &endpoint, &files, &engine.address);
        let end = run(with_builder(&sample, &engine, "own").arg("--no-load"));
        end.assert_code(0, "a builder of the own file");
    }
}

fn own_file(sample: &Sample, endpoint: &str, files: &Path, name: &str) {
    let file = |name: &str| files.join(name).display().to_string();
    let (ca, cert, key) = (file("ca.pem"), file("cert.pem"), file("key.pem"));
    let table = format!(
        "[builders.own]\nendpoint = \"{endpoint}\"\nca = \"{ca}\"\ncert = \"{cert}\"\n\
         key = \"{key}\"\nserver-name = \"{name}\"\n"
    );
    sample.write("home/.config/dynbuild/config.toml", &table);
}

#[test]
fn a_builder_that_is_not_there_is_said_with_what_creates_it() {
    for engine in containerd() {
        let sample = Sample::new("RUN true\n");
        let end = run(with_builder(&sample, &engine, "nowhere").arg("--no-load"));
        end.assert_code(2, "no builder");
        let hint = "docker buildx create --name nowhere";
        assert!(end.stderr.contains(hint), "{}", end.stderr);
        sample.write(
            "buildx/instances/gone",
            r#"{"Name":"gone","Driver":"remote","Nodes":[{"Name":"gone0","Endpoint":"unix:///nowhere/b.sock"}]}"#,
        );
        let end = run(with_builder(&sample, &engine, "gone").arg("--no-load"));
        end.assert_code(3, "a node that is gone");
        let hint = "docker buildx inspect --bootstrap gone";
        assert!(end.stderr.contains(hint), "{}", end.stderr);
    }
}
