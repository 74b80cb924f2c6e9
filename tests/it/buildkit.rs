//! Builds on real engines, through the library's client.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use dynbuild::internals::buildkit::SolveStatus;
use dynbuild::internals::buildkit::{
    Agents, Credentials, Destination, LocalDir, SecretStore, Session, SessionOptions, local,
};
use dynbuild::internals::buildkit::{
    Archive, ArchiveFormat, Export, ExportResponse, ImageOptions, LocalExport, MobyExport,
};
use dynbuild::internals::buildkit::{Client, SolveError, SolveRequest};
use dynbuild::internals::buildkit::{DockerfileOptions, ImageResolve};
use dynbuild::internals::credentials::Keyring;
use dynbuild::internals::dial::{Address, Endpoint};
use dynbuild::internals::problem::Problem;
use dynbuild::internals::secret::Secret;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::support::engines::{self, Engine, Store};
use crate::support::processes::{eventually, runs};

mod relay;
mod staged;

use relay::Relay;

/// The base image that `ci/engine` makes on every engine.
const BASE: &str = "debian:bookworm-slim";

/// One build: what came of it and what was reported.
struct Built {
    result: Result<ExportResponse, SolveError>,
    reported: Vec<SolveStatus>,
}

impl Built {
    fn log(&self) -> String {
        let logs = self.reported.iter().flat_map(|status| &status.logs);
        let data: Vec<u8> = logs.flat_map(|log| log.data.clone()).collect();
        String::from_utf8_lossy(&data).into_owned()
    }

    fn failure(self) -> dynbuild::internals::buildkit::BuildFailure {
        match self.result {
            Err(SolveError::Failed(failure)) => *failure,
            other => panic!("expected a failed build: {other:?}"),
        }
    }
}

fn address(engine: &Engine) -> Address {
    let socket = engine
        .host
        .strip_prefix("unix://")
        .expect("test engines have unix sockets");
    Address::Unix(socket.into())
}

pub(crate) async fn connect(engine: &Engine) -> Client {
    let endpoint = Endpoint::engine(address(engine));
    Client::connect(&endpoint)
        .await
        .unwrap_or_else(|error| panic!("{}: {error:?}", engine.name))
}

pub(crate) fn dockerfile(text: &str) -> SessionOptions {
    SessionOptions {
        shared_key: engines::unique("key"),
        directories: vec![LocalDir::memory(
            local::DOCKERFILE,
            [("Dockerfile", text.to_owned())],
        )],
        secrets: SecretStore::default(),
        credentials: Credentials::new(Keyring::default()),
        agents: Agents::default(),
    }
}

async fn solve(client: &Client, session: &Session, request: SolveRequest) -> Built {
    solve_until(client, session, request, &CancellationToken::new()).await
}

async fn solve_until(
    client: &Client,
    session: &Session,
    request: SolveRequest,
    cancel: &CancellationToken,
) -> Built {
    let (events, mut received) = mpsc::channel(16);
    let collect = async {
        let mut reported = Vec::new();
        while let Some(status) = received.recv().await {
            reported.push(status);
        }
        reported
    };
    let build = client.solve(session, request, events, cancel);
    let (result, reported) = tokio::join!(build, collect);
    Built { result, reported }
}

async fn build(client: &Client, text: &str, request: SolveRequest) -> Built {
    let session = client
        .open_session(dockerfile(text))
        .await
        .expect("a session");
    solve(client, &session, request).await
}

pub(crate) fn request() -> SolveRequest {
    let dockerfile = DockerfileOptions {
        image_resolve: ImageResolve::PreferLocal,
        ..Default::default()
    };
    SolveRequest {
        dockerfile,
        ..Default::default()
    }
}

fn load(names: &[&str]) -> SolveRequest {
    let names = names.iter().map(|name| (*name).to_owned()).collect();
    let image = ImageOptions {
        names,
        ..Default::default()
    };
    SolveRequest {
        exports: vec![Export::Moby(MobyExport { image })],
        ..request()
    }
}

/// Waits until the build has said `word`, then gives the time of that.
async fn until_said(events: &mut mpsc::Receiver<SolveStatus>, word: &str) {
    while let Some(status) = events.recv().await {
        let said = |data: &[u8]| String::from_utf8_lossy(data).contains(word);
        if status.logs.iter().any(|log| said(&log.data)) {
            return;
        }
    }
    panic!("the build ended before it said `{word}`");
}

#[tokio::test]
async fn an_image_is_built_loaded_and_tagged() {
    for engine in engines::all() {
        let client = connect(&engine).await;
        let (one, two) = (engine.image("one"), engine.image("two"));
        let salt = engines::unique("salt");
        let text = format!("FROM {BASE}\nARG WHO\nRUN : {salt}; echo built for $WHO\n");
        let mut request = load(&[one.name(), two.name()]);
        request
            .dockerfile
            .build_args
            .insert("WHO".into(), engine.name.clone());
        request
            .dockerfile
            .labels
            .insert("who".into(), engine.name.clone());
        let built = build(&client, &text, request).await;
        let response = built.result.as_ref().expect("built");
        assert!(
            built.log().contains(&format!("built for {}", engine.name)),
            "{}",
            built.log()
        );
        for image in [&one, &two] {
            let inspect = [
                "image",
                "inspect",
                "-f",
                "{{.Id}} {{.Config.Labels.who}}",
                image.name(),
            ];
            let expected = format!("{} {}", response.digest().expect("a digest"), engine.name);
            assert_eq!(engine.run(engine.docker().args(inspect)), expected);
        }
    }
}

#[tokio::test]
async fn a_failing_step_is_named_with_its_exit_code_and_line() {
    for engine in engines::all() {
        let client = connect(&engine).await;
        let text = format!("FROM {BASE}\nRUN echo before; exit 7\n");
        let built = build(&client, &text, request()).await;
        assert!(built.log().contains("before"), "{}", engine.name);
        let mut steps = built
            .reported
            .iter()
            .flat_map(|status| status.vertexes.clone());
        let failed = steps
            .rfind(|vertex| !vertex.error.is_empty())
            .expect("a failed step");
        let failure = built.failure();
        assert!(failure.message.contains("exit code: 7"), "{failure}");
        if engine.version == engines::Version::Newest {
            assert_eq!(
                (failure.exit_code, failure.vertex),
                (Some(7), Some(failed.digest))
            );
            assert_eq!(failure.sources[0].ranges[0].start.line, 2);
        }
    }
}

#[tokio::test]
async fn a_mistake_in_the_dockerfile_ends_at_once() {
    for engine in engines::all() {
        let client = connect(&engine).await;
        let start = Instant::now();
        let built = build(&client, "FROM scratch\nRUUN x\n", request()).await;
        let failure = built.failure();
        assert!(failure.message.contains("unknown instruction"), "{failure}");
        // The Status stream of such a build stays open for ever on newer engines.
        assert!(
            start.elapsed() < Duration::from_secs(30),
            "{:?}",
            start.elapsed()
        );
    }
}

#[tokio::test]
async fn a_step_reads_a_secret_that_nothing_else_shows() {
    for engine in engines::all() {
        let client = connect(&engine).await;
        let image = engine.image("secret");
        let salt = engines::unique("salt");
        let text = format!(
            "FROM {BASE}\nRUN --mount=type=secret,id=token : {salt}; sha256sum /run/secrets/token\n\
             RUN --mount=type=secret,id=other : {salt}\n"
        );
        let value = engines::unique("canary");
        let secrets = BTreeMap::from([("token".to_owned(), Secret::new(value.clone()))]);
        let options = SessionOptions {
            secrets: SecretStore::new(secrets).unwrap(),
            ..dockerfile(&text)
        };
        let session = client.open_session(options).await.expect("a session");
        let built = solve(&client, &session, load(&[image.name()])).await;
        built.result.as_ref().expect("built");
        assert!(
            built.log().contains("/run/secrets/token"),
            "{}",
            built.log()
        );
        assert!(
            !serde_json::to_string(&built.reported)
                .unwrap()
                .contains(&value)
        );
        assert_eq!(session.secrets().missed(), ["other"]);
        let history = ["history", "--no-trunc", image.name()];
        assert!(!engine.run(engine.docker().args(history)).contains(&value));
    }
}

#[tokio::test]
async fn a_syntax_line_needs_no_network() {
    for engine in engines::all() {
        let client = connect(&engine).await;
        let text = format!("# syntax=docker/dockerfile:1\nFROM {BASE}\nRUN true\n");
        build(&client, &text, request())
            .await
            .result
            .expect("built without a registry");
    }
}

#[tokio::test]
async fn cancelling_stops_the_step_and_returns_in_time() {
    for engine in engines::all() {
        let client = connect(&engine).await;
        let marker = engines::unique("sleeper");
        let text =
            format!("FROM {BASE}\nRUN echo asleep; exec bash -c 'exec -a {marker} sleep 600'\n");
        let session = client
            .open_session(dockerfile(&text))
            .await
            .expect("a session");
        let cancel = CancellationToken::new();
        let (events, mut received) = mpsc::channel(16);
        let build = client.solve(&session, request(), events, &cancel);
        let cancelled = async {
            until_said(&mut received, "asleep").await;
            while !runs(&marker) {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            cancel.cancel();
            let at = Instant::now();
            while received.recv().await.is_some() {}
            at
        };
        let (result, at) = tokio::join!(build, cancelled);
        assert!(matches!(result, Err(SolveError::Cancelled)), "{result:?}");
        assert!(
            at.elapsed() < Duration::from_secs(30),
            "{}: {:?}",
            engine.name,
            at.elapsed()
        );
        eventually("the step's end", || !runs(&marker));
    }
}

#[tokio::test]
async fn an_engine_that_disappears_is_an_error_and_no_hang() {
    for engine in engines::all() {
        let relay = Relay::to(&address(&engine)).await;
        let client = Client::connect(&relay.endpoint())
            .await
            .expect("through the relay");
        let text = format!("FROM {BASE}\nRUN echo asleep; sleep 600\n");
        let session = client
            .open_session(dockerfile(&text))
            .await
            .expect("a session");
        let (events, mut received) = mpsc::channel(16);
        let cancel = CancellationToken::new();
        let build = client.solve(&session, request(), events, &cancel);
        let cut = async {
            until_said(&mut received, "asleep").await;
            relay.cut();
            let at = Instant::now();
            while received.recv().await.is_some() {}
            at
        };
        let (result, at) = tokio::join!(build, cut);
        assert!(
            matches!(result, Err(SolveError::Lost(_))),
            "{}: {result:?}",
            engine.name
        );
        assert!(
            at.elapsed() < Duration::from_secs(30),
            "{}: {:?}",
            engine.name,
            at.elapsed()
        );
    }
}

#[tokio::test]
async fn builds_of_one_session_run_at_once_and_share_steps() {
    for engine in engines::all() {
        let client = connect(&engine).await;
        let salt = engines::unique("salt");
        let text = format!(
            "FROM {BASE} AS shared\nRUN : {salt}; cat /proc/sys/kernel/random/uuid | tee /id\n\
             FROM shared AS left\nRUN echo left $(cat /id)\n\
             FROM shared AS right\nRUN echo right $(cat /id)\n"
        );
        let session = client
            .open_session(dockerfile(&text))
            .await
            .expect("a session");
        let target = |name: &str| {
            let mut request = request();
            request.dockerfile.target = Some(name.into());
            request
        };
        let (left, right) = tokio::join!(
            solve(&client, &session, target("left")),
            solve(&client, &session, target("right")),
        );
        let id = |built: &Built, word: &str| {
            built.result.as_ref().expect("built");
            let log = built.log();
            let line = log
                .lines()
                .find_map(|line| line.strip_prefix(word))
                .expect("the step's line");
            line.trim().to_owned()
        };
        assert_eq!(id(&left, "left "), id(&right, "right "), "{}", engine.name);
    }
}

#[tokio::test]
async fn an_engine_that_speaks_grpc_itself_is_spoken_to_that_way() {
    for engine in engines::all() {
        let relay = Relay::native_to(&address(&engine)).await;
        let client = Client::connect(&relay.endpoint())
            .await
            .expect("through the relay");
        let image = engine.image("native");
        let text = format!("FROM {BASE}\nRUN echo over h2c\n");
        let built = build(&client, &text, load(&[image.name()])).await;
        built.result.as_ref().expect("built");
        assert_eq!(
            relay.upgrades(),
            0,
            "{}: no `POST /grpc`, no `POST /session`",
            engine.name
        );
        engine.run(engine.docker().args(["image", "inspect", image.name()]));
    }
}

#[tokio::test]
async fn the_engines_own_checks_name_rule_and_line() {
    for engine in engines::all() {
        let client = connect(&engine).await;
        let text = "FROM scratch\nARG API_TOKEN=x\nENV API_TOKEN=$API_TOKEN\n";
        let session = client
            .open_session(dockerfile(text))
            .await
            .expect("a session");
        let checked = client
            .check(&session, &request(), &CancellationToken::new())
            .await;
        if engine.version == engines::Version::Stable {
            assert!(
                matches!(checked, Err(SolveError::Unsupported(_))),
                "{checked:?}"
            );
            continue;
        }
        let report = checked.expect("checked");
        let warning = report
            .warnings
            .iter()
            .find(|w| w.rule_name == "SecretsUsedInArgOrEnv");
        assert_eq!(
            warning.expect("a warning").location.ranges[0].start.line,
            2,
            "{report:?}"
        );
    }
}

#[tokio::test]
async fn a_context_goes_in_and_a_directory_and_archives_come_out() {
    for engine in engines::all() {
        let client = connect(&engine).await;
        let work = tempfile::tempdir().expect("a directory");
        let context = work.path().join("context");
        std::fs::create_dir_all(context.join("inner")).unwrap();
        std::fs::write(context.join("inner/large"), vec![7; 3 << 20]).unwrap();
        std::fs::write(context.join("left out"), "x").unwrap();
        let mut options = dockerfile("FROM scratch\nCOPY inner /inner\n");
        options
            .directories
            .push(LocalDir::directory(local::CONTEXT, &context));
        let session = client.open_session(options).await.expect("a session");
        let out = work.path().join("out");
        let export = Export::Local(LocalExport {
            directory: out.clone(),
            attributes: BTreeMap::new(),
        });
        let request_ = SolveRequest {
            exports: vec![export],
            ..request()
        };
        solve(&client, &session, request_)
            .await
            .result
            .expect("exported as files");
        assert_eq!(
            std::fs::read(out.join("inner/large")).unwrap(),
            vec![7; 3 << 20]
        );
        assert!(!out.join("left out").exists());

        let tar = work.path().join("out.tar");
        let request_ = SolveRequest {
            exports: vec![archive(ArchiveFormat::Tar, &tar)],
            ..request()
        };
        solve(&client, &session, request_)
            .await
            .result
            .expect("exported as a tar");
        let names = names_in(&tar);
        assert!(
            names.contains(&"inner/large".to_owned()),
            "{}: {names:?}",
            engine.name
        );
    }
}

#[tokio::test]
async fn several_exports_of_one_build_each_reach_their_place() {
    for engine in engines::newest()
        .into_iter()
        .filter(|e| e.store == Store::Containerd)
    {
        let client = connect(&engine).await;
        let work = tempfile::tempdir().expect("a directory");
        let [oci, docker, tar] = ["oci", "docker", "tar"].map(|name| work.path().join(name));
        let image = engine.image("several");
        let exports = vec![
            archive(ArchiveFormat::Oci, &oci),
            Export::Moby(MobyExport {
                image: ImageOptions {
                    names: vec![image.name().into()],
                    ..Default::default()
                },
            }),
            archive(ArchiveFormat::Docker, &docker),
            archive(ArchiveFormat::Tar, &tar),
        ];
        let text = format!("FROM {BASE}\nRUN touch /made\n");
        let built = build(
            &client,
            &text,
            SolveRequest {
                exports,
                ..request()
            },
        )
        .await;
        built.result.expect("exported");
        assert!(names_in(&oci).contains(&"index.json".to_owned()));
        assert!(names_in(&docker).contains(&"manifest.json".to_owned()));
        assert!(names_in(&tar).contains(&"made".to_owned()));
        engine.run(engine.docker().args(["image", "inspect", image.name()]));
    }
}

#[tokio::test]
async fn what_an_engine_cannot_do_is_said_before_anything_starts() {
    for engine in engines::all()
        .into_iter()
        .filter(|e| e.store == Store::Overlay2)
    {
        let client = connect(&engine).await;
        let file = tempfile::tempdir()
            .expect("a directory")
            .path()
            .join("image");
        let exports = vec![archive(ArchiveFormat::Oci, &file)];
        let built = build(
            &client,
            "FROM scratch\n",
            SolveRequest {
                exports,
                ..request()
            },
        )
        .await;
        assert!(
            matches!(built.result, Err(SolveError::Unsupported(_))),
            "{:?}",
            built.result
        );
        assert!(built.reported.is_empty());
    }
}

fn archive(format: ArchiveFormat, path: &std::path::Path) -> Export {
    let destination = Destination::File(path.to_owned());
    Export::Archive(Archive {
        format,
        image: ImageOptions::default(),
        destination,
    })
}

fn names_in(archive: &std::path::Path) -> Vec<String> {
    let file = std::fs::File::open(archive).expect("the archive");
    let mut archive = tar::Archive::new(file);
    let entries = archive
        .entries()
        .expect("an archive")
        .map(|entry| entry.expect("an entry"));
    entries
        .map(|entry| entry.path().expect("a name").to_string_lossy().into_owned())
        .collect()
}

#[tokio::test]
async fn an_engine_behind_a_command_is_reached_as_over_ssh() {
    for engine in engines::all() {
        let docker = engine.run_dir.join("bin/docker").display().to_string();
        let line = [&docker, "--host", &engine.host, "system", "dial-stdio"];
        let endpoint = Endpoint::engine(Address::Command(line.map(str::to_owned).into()));
        let client = Client::connect(&endpoint)
            .await
            .expect("through the command");
        build(&client, &format!("FROM {BASE}\n"), request())
            .await
            .result
            .expect("built");

        let line = [
            "sh",
            "-c",
            "echo 'Host key verification failed.' >&2; exit 255",
        ];
        let endpoint = Endpoint::engine(Address::Command(line.map(str::to_owned).into()));
        let problem = Problem::from(Client::connect(&endpoint).await.expect_err("no engine"));
        let said = problem
            .causes
            .iter()
            .any(|cause| cause.contains("Host key verification"));
        assert!(said, "{problem:?}");
    }
}
