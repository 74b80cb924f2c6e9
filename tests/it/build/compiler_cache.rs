//! Remote compiler caches: the shipped `compile` script with real servers, as they work and as they
//! fail. What is compiled is small, for the script and the servers are what is on trial.

use std::path::PathBuf;
use std::process::Command;

use super::cache_server::{BUCKET, CacheServers, PASSWORD, USER, free_port};
use super::sample::{End, Running, Sample, run};
use crate::support::engines::{self, Engine};

const PROFILE: &str = r#"
framework = "sample"
inherits = ["common"]
default-device = "cpu"
default-target = "first"

[devices.cpu]
platforms = ["linux/amd64", "linux/arm64"]
base-image = "docker.io/library/debian:bookworm-slim"
runtime-image = "docker.io/library/debian:bookworm-slim"

[targets.first]
description = "Compiles"
fragment = "sample"
needs = ["wheel_builder"]
"#;

/// In the place of the shipped fragment: a compiler is enough, and sccache is lent.
const BASE: &str = "\
ARG BASE_IMAGE
ARG BASE_IMAGE_TAG
FROM ${BASE_IMAGE}:${BASE_IMAGE_TAG} AS base
ENV PATH=/opt/build/bin:${PATH}
RUN --mount=type=cache,target=/var/cache/apt,sharing=locked \\
    --mount=type=cache,target=/var/lib/apt,sharing=locked \\
    apt-get -q update && apt-get -qy install --no-install-recommends gcc libc6-dev
COPY --from=tools sccache /opt/build/bin/sccache
";

/// Compiles batches of ten files, and waits before each but the first until nobody listens on
/// `SCCACHE_ENDPOINT` any more. Its environment must not have the credentials.
const COMPILE: &str = r#"
FROM base AS first
COPY --from=helpers /opt/build/bin/compile /opt/build/bin/compile
ARG USE_SCCACHE=false
ARG SCCACHE_BACKEND=
ARG SCCACHE_BUCKET=
ARG SCCACHE_REGION=
ARG SCCACHE_ENDPOINT=
ARG SCCACHE_S3_USE_SSL=
ARG SCCACHE_PREFIX=
ARG ROUND=
ARG BATCHES=a
RUN --mount=type=secret,id=aws-key-id \
    --mount=type=secret,id=aws-secret-id \
    --mount=type=secret,id=sccache-redis-username \
    --mount=type=secret,id=sccache-redis-password \
    --mount=type=secret,id=sccache-webdav-username \
    --mount=type=secret,id=sccache-webdav-password \
    --mount=type=cache,id={salt},target=/root/.cache/sccache \
    echo "{salt} ${ROUND}"; mkdir /src; cd /src; \
    printf '%s\n' \
      'if env | grep -q "^AWS_\|PASSWORD"; then echo "credentials are in the environment"; exit 1; fi' \
      'server=${SERVER#*://}' \
      'for batch in ${BATCHES}; do' \
      '  if [ -e a1.o ]; then' \
      '    echo "half ""done"' \
      '    while (: < "/dev/tcp/${server%:*}/${server#*:}") 2> /dev/null; do sleep 0.1; done' \
      '  fi' \
      '  for number in 1 2 3 4 5 6 7 8 9 10; do' \
      '    echo "int ${batch}${number}(void) { return ${number}; }" > "${batch}${number}.c"' \
      '    ${RUSTC_WRAPPER} gcc -c "${batch}${number}.c" -o "${batch}${number}.o"' \
      '  done' \
      'done' > /batches; \
    SERVER="${SCCACHE_ENDPOINT}" compile bash -e /batches
"#;

/// A build that compiles, and where it finds what it needs.
struct Compilation {
    sample: Sample,
    engine: Engine,
    programs: PathBuf,
    servers: CacheServers,
}

impl Compilation {
    fn new() -> Option<Self> {
        let (engine, programs) = engines::with_cache_servers()?;
        let sample = Sample::with_stages(COMPILE);
        sample.write("profiles/sample.toml", PROFILE);
        sample.write("dockerfiles/base.Dockerfile", BASE);
        Some(Self {
            sample,
            engine,
            servers: CacheServers::new(&programs),
            programs,
        })
    }

    /// A build whose steps no build before has made.
    fn command(&self, round: &str, options: &[&str]) -> Command {
        let mut command = self.sample.dynbuild(&self.engine);
        command.args(["--progress", "plain", "--output", "type=cacheonly"]);
        command.args(["--build-arg", &format!("ROUND={round}")]);
        let tools = self.programs.join("bin");
        command.arg("--build-context");
        command.arg(format!("tools={}", tools.display()));
        command.args(options);
        command
    }

    /// The same with the bucket of an S3 server, of which each test has its own part.
    fn with_s3(&self, round: &str, address: &str) -> Command {
        let endpoint = format!("http://{address}");
        let prefix = format!("ci/{}", self.sample.salt);
        let mut command = self.command(round, &["--use-sccache", "--sccache-bucket", BUCKET]);
        command.args(["--sccache-region", "us-east-1", "--sccache-endpoint"]);
        command.args([&endpoint, "--sccache-key-prefix", &prefix]);
        command.env("AWS_ACCESS_KEY_ID", USER);
        command.env("AWS_SECRET_ACCESS_KEY", PASSWORD);
        command
    }
}

/// Asserts that a build succeeded and told these figures of its compiler cache.
fn assert_cache(end: &End, hits: u32, of: u32, place: &str) {
    end.assert_code(0, "the build");
    let percent = hits * 100 / of;
    let told = end.stderr.lines().find(|line| line.starts_with("  first "));
    let told = told.map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "));
    let expected = format!("first {hits} of {of} hits ({percent} %) {place}");
    assert_eq!(told, Some(expected), "{}", end.stderr);
    assert!(!end.stderr.contains(PASSWORD), "{}", end.stderr);
}

fn assert_told(end: &End, text: &str) {
    assert!(
        end.stderr.contains(text),
        "`{text}` is not in\n{}",
        end.stderr
    );
}

#[test]
fn what_one_build_compiled_the_next_one_takes_from_the_bucket() {
    let Some(compilation) = Compilation::new() else {
        return;
    };
    let server = compilation.servers.s3(&compilation.engine);
    let place = format!("s3 {BUCKET}/ci/{}", compilation.sample.salt);
    let first = run(&mut compilation.with_s3("1", &server.address()));
    assert_cache(&first, 0, 10, &place);
    let second = run(&mut compilation.with_s3("2", &server.address()));
    assert_cache(&second, 10, 10, &place);
    assert!(!second.stderr.contains("\nwarning: "), "{}", second.stderr);
}

#[test]
fn without_options_the_engine_keeps_what_was_compiled() {
    let Some(compilation) = Compilation::new() else {
        return;
    };
    let first = run(&mut compilation.command("1", &[]));
    assert_cache(&first, 0, 10, "in the engine");
    let second = run(&mut compilation.command("2", &[]));
    assert_cache(&second, 10, 10, "in the engine");
    let off = run(&mut compilation.command("3", &["--sccache-backend", "off"]));
    off.assert_code(0, "the build");
    assert!(!off.stderr.contains("Compiler cache"), "{}", off.stderr);
}

#[test]
fn a_key_that_the_server_refuses_costs_no_build() {
    let Some(compilation) = Compilation::new() else {
        return;
    };
    let server = compilation.servers.s3(&compilation.engine);
    let mut command = compilation.with_s3("1", &server.address());
    let end = run(command.env("AWS_SECRET_ACCESS_KEY", "a-wrong-key"));
    assert_cache(&end, 0, 10, "in the engine");
    assert_told(&end, "warning: first: sccache: the s3 cache cannot be used");
    assert_told(&end, "SignatureDoesNotMatch");
    assert!(!end.stderr.contains("a-wrong-key"), "{}", end.stderr);
}

#[test]
fn a_server_that_is_not_there_is_told_before_and_after_the_build() {
    let Some(compilation) = Compilation::new() else {
        return;
    };
    let address = free_port(compilation.engine.gateway()).to_string();
    let end = run(&mut compilation.with_s3("1", &address));
    assert_cache(&end, 0, 10, "in the engine");
    let before = format!("warning: The sccache server `{address}` does not answer from here");
    assert_told(&end, &before);
    assert_told(&end, "warning: first: sccache: the s3 cache cannot be used");
}

#[test]
fn a_build_without_credentials_says_how_to_give_them() {
    let Some(compilation) = Compilation::new() else {
        return;
    };
    let server = compilation.servers.s3(&compilation.engine);
    let mut command = compilation.with_s3("1", &server.address());
    let end = run(command.env_remove("AWS_ACCESS_KEY_ID"));
    assert_cache(&end, 0, 10, "in the engine");
    assert_told(
        &end,
        "note: The sccache backend `s3` has no credentials here: `AWS_SECRET_ACCESS_KEY` is set, \
         but `AWS_ACCESS_KEY_ID` is not",
    );
}

#[test]
fn a_server_that_dies_during_the_build_costs_no_build() {
    let Some(compilation) = Compilation::new() else {
        return;
    };
    let server = compilation.servers.s3(&compilation.engine);
    let mut command = compilation.with_s3("1", &server.address());
    command.args(["--build-arg", "BATCHES=a b"]);
    let mut build = Running::start(&mut command);
    build.until_said("half done");
    drop(server);
    let end = build.end();
    let place = format!("s3 {BUCKET}/ci/{}", compilation.sample.salt);
    assert_cache(&end, 0, 20, &place);
    assert_told(&end, "warning: first: sccache: the cache failed");
}

#[test]
fn redis_and_webdav_keep_what_was_compiled() {
    let Some(compilation) = Compilation::new() else {
        return;
    };
    let redis = compilation.servers.redis(&compilation.engine);
    let webdav = compilation.servers.webdav(&compilation.engine);
    for (backend, endpoint) in [
        ("redis", format!("redis://{}", redis.address())),
        ("webdav", format!("http://{}", webdav.address())),
    ] {
        let build = |round: &str| {
            let round = format!("{backend} {round}");
            let options = [
                "--sccache-backend",
                backend,
                "--sccache-endpoint",
                &endpoint,
            ];
            let mut command = compilation.command(&round, &options);
            let variable = format!("SCCACHE_{}", backend.to_uppercase());
            command.env(format!("{variable}_USERNAME"), USER);
            command.env(format!("{variable}_PASSWORD"), PASSWORD);
            let end = run(command.args(["--sccache-key-prefix", "ci"]));
            end.assert_code(0, backend);
            end
        };
        let first = build("1");
        assert_told(&first, &format!(" 0 of 10 hits (0 %)  {backend} "));
        let second = build("2");
        assert_told(&second, &format!(" 10 of 10 hits (100 %)  {backend} "));
    }
}
