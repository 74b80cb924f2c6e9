//! Engines on a port, with certificates in both directions.

use std::path::Path;
use std::process::Command;

use super::sample::{Sample, run};
use crate::support::engines::{self, Engine};

/// Points a program to the engine's port, with the certificates in `certificates`.
fn over_tls(command: &mut Command, engine: &Engine, certificates: &Path) {
    command
        .env("DOCKER_HOST", format!("tcp://{}:2376", engine.address))
        .env("DOCKER_TLS_VERIFY", "1")
        .env("DOCKER_CERT_PATH", certificates);
}

#[test]
fn an_engine_behind_tls_builds_and_runs() {
    for engine in engines::all() {
        let sample = Sample::new("COPY a.txt /\nRUN echo {salt} $(cat /a.txt)\n");
        let image = engine.image("tls");
        let mut build = sample.dynbuild(&engine);
        over_tls(&mut build, &engine, &engine.run_dir.join("tls"));
        let end = run(build.args(["-t", image.name()]));
        end.assert_code(0, &engine.name);
        assert!(end.stderr.contains("the first file"), "{}", end.stderr);

        let mut launch = Command::new(env!("CARGO_BIN_EXE_dynrun"));
        launch.env_clear().env("DYNBUILD_FRAMEWORK", "dynamo");
        over_tls(&mut launch, &engine, &engine.run_dir.join("tls"));
        let launch = launch.args([image.name(), "cat", "/a.txt"]).output();
        let launch = launch.expect("dynrun starts");
        assert_eq!(launch.stdout, b"the first file\n", "{launch:?}");
    }
}

#[test]
fn wrong_certificates_are_told() {
    let engines = engines::all();
    let [engine, other, ..] = engines.as_slice() else {
        return;
    };
    let sample = Sample::new("RUN true\n");
    let of_other = other.run_dir.join("tls");
    let said = refusal(&sample, engine, &of_other, "an authority of somebody else");
    insta::assert_snapshot!(said, @"
    note: The build context is in no git repository with a commit, so names and labels carry no revision
    error: No secure connection to the engine at `tcp://[ENGINE]:2376`
      because: invalid peer certificate: BadSignature
      hint: Check the certificates: `[CERTIFICATES]/ca.pem`, `[CERTIFICATES]/cert.pem` and `[CERTIFICATES]/key.pem`
    ");

    let nothing = sample.path("home");
    let said = refusal(&sample, engine, &nothing, "no certificates");
    insta::assert_snapshot!(said, @"
    note: The build context is in no git repository with a commit, so names and labels carry no revision
    error: Cannot read the certificate or key `[CERTIFICATES]/ca.pem`
      because: I/O error: No such file or directory (os error 2)
      hint: Check where the certificates are: `DOCKER_CERT_PATH`, the docker context or the builder says it
    ");

    // The right authority, but a client that the engine does not know.
    let mixed = sample.path("home");
    fs_err::copy(engine.run_dir.join("tls/ca.pem"), mixed.join("ca.pem")).expect("copied");
    for file in ["cert.pem", "key.pem"] {
        fs_err::copy(of_other.join(file), mixed.join(file)).expect("copied");
    }
    let said = refusal(&sample, engine, &mixed, "a client of somebody else");
    // How the refusal arrives depends on who is faster; what to do about it does not.
    let hint =
        "hint: The other side may not accept your certificate: check `[CERTIFICATES]/cert.pem`";
    assert!(said.contains(hint), "{said}");
}

/// Returns what a build says that does not get to the engine.
fn refusal(sample: &Sample, engine: &Engine, certificates: &Path, what: &str) -> String {
    let mut build = sample.dynbuild(engine);
    over_tls(&mut build, engine, certificates);
    let end = run(&mut build);
    end.assert_code(3, what);
    end.stderr
        .replace(&certificates.display().to_string(), "[CERTIFICATES]")
        .replace(&engine.address, "[ENGINE]")
}
