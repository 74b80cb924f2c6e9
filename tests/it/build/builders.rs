//! Builders that are no engines: a relay that makes the BuildKit of a test engine look like one.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::Shutdown;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;

use super::sample::{Sample, run};
use crate::support::engines::{self, Engine, Store, unique};

/// The engine whose BuildKit exports archives.
fn containerd() -> impl Iterator<Item = Engine> {
    let engines = engines::newest().into_iter();
    engines.filter(|engine| engine.store == Store::Containerd)
}

/// Serves the engine's BuildKit on a socket as a `buildkitd` does. Its threads end with the program.
fn buildkitd(engine: &Engine, sample: &Sample) -> PathBuf {
    let engine = PathBuf::from(engine.host.trim_start_matches("unix://"));
    let socket = sample.path("buildkitd.sock");
    let listener = UnixListener::bind(&socket).expect("a socket");
    thread::spawn(move || {
        for client in listener.incoming().flatten() {
            let engine = engine.clone();
            thread::spawn(move || relay(client, &engine).ok());
        }
    });
    socket
}

fn relay(mut client: UnixStream, engine: &Path) -> std::io::Result<()> {
    let mut server = UnixStream::connect(engine)?;
    server.write_all(
        b"POST /grpc HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n",
    )?;
    let mut reader = BufReader::new(server.try_clone()?);
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        if line == "\r\n" {
            break;
        }
    }
    let mut from_client = client.try_clone()?;
    let sender = thread::spawn(move || {
        std::io::copy(&mut from_client, &mut server).ok();
        server.shutdown(Shutdown::Write).ok();
    });
    let mut buffer = vec![0; 1 << 16];
    loop {
        let count = reader.read(&mut buffer)?;
        if count == 0 {
            break;
        }
        client.write_all(&buffer[..count])?;
    }
    client.shutdown(Shutdown::Both).ok();
    drop(sender);
    Ok(())
}

fn with_builder(sample: &Sample, engine: &Engine, name: &str) -> Command {
    let mut command = sample.dynbuild(engine);
    command
        .env("BUILDX_CONFIG", sample.path("buildx"))
        .args(["--builder", name]);
    command
}

#[test]
fn a_builder_that_buildx_has_created_builds_loads_and_pushes() {
    for engine in containerd() {
        let sample = Sample::new("RUN echo {salt} > /made\n");
        let socket = buildkitd(&engine, &sample);
        let endpoint = format!("unix://{}", socket.display());
        let mut create = engine.buildx();
        create.env("BUILDX_CONFIG", sample.path("buildx"));
        create.args(["create", "--name", "far", "--driver", "remote", &endpoint]);
        engine.run(&mut create);

        let loaded = unique("loaded");
        let end = run(with_builder(&sample, &engine, "far").args(["-t", &format!("{loaded}:1")]));
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
        let end = run(with_builder(&sample, &engine, "far").args(["--push", "-t", &pushed]));
        end.assert_code(0, "pushed");
        engine.run(engine.docker().args(["pull", "--quiet", &pushed]));
        engine.run(engine.docker().args(["image", "rm", "--force", &pushed]));
    }
}

#[test]
fn builders_of_the_own_file_and_of_containers_are_reached() {
    for engine in containerd() {
        let sample = Sample::new("RUN echo {salt} > /made\n");
        let socket = buildkitd(&engine, &sample);
        let config = format!(
            "[builders.own]\nendpoint = \"unix://{}\"\n",
            socket.display()
        );
        sample.write("home/.config/dynbuild/config.toml", &config);
        let end = run(with_builder(&sample, &engine, "own").arg("--no-load"));
        end.assert_code(0, "a builder of the own file");

        // A stand-in for `docker exec -i NAME buildctl dial-stdio`.
        let script = format!(
            "#!/bin/sh\necho \"$@\" > {}\nexec python3 -c '\nimport socket, sys, threading, os\n\
             s = socket.socket(socket.AF_UNIX)\ns.connect(\"{}\")\n\
             def up():\n while True:\n  d = os.read(0, 65536)\n  if not d: break\n  s.sendall(d)\n\
             threading.Thread(target=up, daemon=True).start()\n\
             while True:\n d = s.recv(65536)\n if not d: break\n os.write(1, d)\n'\n",
            sample.path("called").display(),
            socket.display()
        );
        sample.write("bin/docker", &script);
        let chmod = ["+x", &sample.path("bin/docker").display().to_string()];
        run(Command::new("chmod").args(chmod)).assert_code(0, "executable");
        sample.write(
            "buildx/instances/boxed",
            r#"{"Name":"boxed","Driver":"docker-container","Nodes":[{"Name":"boxed0","Endpoint":"default"}]}"#,
        );
        let path = format!("{}:/usr/bin:/bin", sample.path("bin").display());
        let mut build = with_builder(&sample, &engine, "boxed");
        let end = run(build.env("PATH", path).arg("--no-load"));
        end.assert_code(0, "a builder in a container");
        let called = sample.read("called");
        assert_eq!(
            called.trim(),
            "exec -i buildx_buildkit_boxed0 buildctl dial-stdio"
        );
    }
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
