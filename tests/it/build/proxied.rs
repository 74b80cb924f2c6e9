//! Engines behind a proxy that wants a header (`HttpHeaders` of docker's `config.json`).

use std::io::{Read as _, Write as _};
use std::net::Shutdown;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::process::Command;

use super::sample::{Sample, run};
use crate::support::engines::{self, Engine};

/// What the proxy wants to see.
const WANTED: &str = "x-token: lab-7";

/// A proxy that refuses every connection whose first request does not have the header.
fn proxy(engine: &Engine, socket: &Path) {
    let target: PathBuf = engine.host.strip_prefix("unix://").expect("unix").into();
    let listener = UnixListener::bind(socket).expect("a socket");
    std::thread::spawn(move || {
        for client in listener.incoming().flatten() {
            let target = target.clone();
            std::thread::spawn(move || serve(client, &target));
        }
    });
}

fn serve(mut client: UnixStream, target: &Path) {
    let head = head(&mut client);
    let text = String::from_utf8_lossy(&head).to_lowercase();
    if !text.lines().any(|line| line == WANTED) {
        let refusal = "HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n";
        client.write_all(refusal.as_bytes()).ok();
        return;
    }
    let mut engine = UnixStream::connect(target).expect("an engine");
    engine.write_all(&head).expect("forwarded");
    let copy = |stream: &UnixStream| stream.try_clone().expect("a second handle");
    let (mut from, mut to) = (copy(&engine), copy(&client));
    let back = std::thread::spawn(move || {
        std::io::copy(&mut from, &mut to).ok();
        to.shutdown(Shutdown::Write).ok();
    });
    std::io::copy(&mut client, &mut engine).ok();
    engine.shutdown(Shutdown::Write).ok();
    back.join().ok();
}

/// Reads up to the end of the headers.
fn head(client: &mut UnixStream) -> Vec<u8> {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") && client.read(&mut byte).is_ok_and(|read| read == 1) {
        head.push(byte[0]);
    }
    head
}

fn dynrun(sample: &Sample, socket: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dynrun"));
    command
        .env_clear()
        .env("DOCKER_HOST", format!("unix://{}", socket.display()))
        .env("HOME", sample.path("home"))
        .arg("ps");
    command
}

#[test]
fn headers_of_dockers_configuration_pass_a_proxy_before_an_engine() {
    for engine in engines::all() {
        let sample = Sample::new("RUN echo {salt} > /made\n");
        let socket = sample.path("proxy.sock");
        proxy(&engine, &socket);
        let host = format!("unix://{}", socket.display());
        let build = || {
            let mut build = sample.dynbuild(&engine);
            build.env("DOCKER_HOST", &host).arg("--no-load");
            build
        };
        let end = run(&mut build());
        end.assert_code(3, "without the header");
        assert!(end.stderr.contains("407"), "{}", end.stderr);

        let variable = "X-Other=1,X-Token=lab-7";
        let end = run(build().env("DOCKER_CUSTOM_HEADERS", variable));
        end.assert_code(0, "with the variable");

        let config = r#"{"HttpHeaders": {"X-Token": "lab-7"}}"#;
        sample.write("home/.docker/config.json", config);
        run(&mut build()).assert_code(0, "with the file");
        run(&mut dynrun(&sample, &socket)).assert_code(0, "dynrun ps");

        // The variable replaces what the file has.
        let end = run(build().env("DOCKER_CUSTOM_HEADERS", "X-Other=1"));
        end.assert_code(3, "the variable alone");
    }
}
