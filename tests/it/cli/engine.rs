//! Engines that are not there, or are none: exit code 3, and what to do about it.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;

use test_case::test_case;

use super::test_env::TestEnv;

#[test]
fn no_engine_at_the_socket() {
    insta::assert_snapshot!(TestEnv::new().run("").failure(), @"
    exit 3
    stderr:
    error: No engine at `unix:///nonexistent/docker.sock`: the socket does not exist
      hint: Start the engine, or name another one with `DOCKER_HOST` or `docker context use`
    ");
}

#[test]
fn a_scheme_that_nobody_knows() {
    let env = TestEnv::new().with("DOCKER_HOST", "gopher://example");
    insta::assert_snapshot!(env.run("").failure(), @"
    exit 3
    stderr:
    error: `DOCKER_HOST` is wrong
      because: engine address `gopher://example` has an unknown scheme `gopher`
      hint: Write unix:///PATH, tcp://HOST:PORT or ssh://USER@HOST
    ");
}

#[test]
fn a_file_that_is_no_socket() {
    let env = TestEnv::new();
    env.write("plain", "");
    let host = format!("unix://{}", env.path("plain").display());
    insta::assert_snapshot!(env.with("DOCKER_HOST", &host).run("").failure(), @"
    exit 3
    stderr:
    error: No engine listens at `unix://[DIR]/plain`
      hint: Start the engine, or name another one with `DOCKER_HOST` or `docker context use`
    ");
}

#[test]
fn a_server_that_is_no_engine() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address").to_string();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let mut stream = stream;
            let read = stream.read(&mut [0; 4096]);
            let answer = "HTTP/1.1 200 OK\r\ncontent-length: 5\r\nconnection: close\r\n\r\nhello";
            if read
                .and_then(|_| stream.write_all(answer.as_bytes()))
                .is_err()
            {
                return;
            }
        }
    });
    let env = TestEnv::new().with("DOCKER_HOST", &format!("tcp://{address}"));
    let text = env.run("").failure().replace(&address, "[ADDRESS]");
    insta::assert_snapshot!(text, @"
    exit 3
    stderr:
    error: What listens at `tcp://[ADDRESS]` is not a Docker Engine
      because: It answered `200 OK: hello`
      hint: Check `DOCKER_HOST`, and `docker context show`
    ");
}

#[test]
fn a_docker_context_that_does_not_exist() {
    let env = TestEnv::new()
        .with("DOCKER_HOST", "")
        .with("DOCKER_CONTEXT", "nowhere");
    insta::assert_snapshot!(env.run("").failure(), @"
    exit 3
    stderr:
    error: There is no docker context `nowhere`
      hint: Choose one of `docker context ls`
    ");
}

#[test]
fn doctor_tells_of_the_engine() {
    let ran = TestEnv::new().run("doctor --format json");
    assert_eq!(ran.code, Some(3), "{ran}");
    let findings: serde_json::Value = serde_json::from_str(&ran.stdout).expect("JSON");
    assert_eq!(findings[0]["check"], "engine");
    assert_eq!(findings[0]["status"], "failed");
    assert!(findings[0]["fix"].is_string());
}

/// The program that leads to the engine neither connects nor ends.
#[test_case(""; "a build")]
#[test_case("doctor"; "doctor")]
#[test_case("lint demo --engine"; "lint")]
fn an_ssh_that_hangs_is_waited_for_in_words_and_not_for_ever(line: &str) {
    let env = TestEnv::new();
    env.write("bin/ssh", "#!/bin/sh\nexec sleep 600\n");
    let executable = std::fs::Permissions::from_mode(0o755);
    fs_err::set_permissions(env.path("bin/ssh"), executable).expect("a program");
    let path = format!("{}:/usr/bin:/bin", env.path("bin").display());
    let env = env
        .with("PATH", &path)
        .with("DOCKER_HOST", "ssh://me@host")
        .with("DYNBUILD_ENGINE_TIMEOUT", "4s");
    let ran = env.run(line);
    assert_eq!(ran.code, Some(3), "{ran}");
    assert!(ran.stderr.contains("Waiting for the engine"), "{ran}");
    let said = format!("{}{}", ran.stdout, ran.stderr);
    assert!(said.contains("did not answer within 4s"), "{ran}");
}
