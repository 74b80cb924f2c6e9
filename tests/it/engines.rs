//! The engines themselves: what `ci/engine` promises to the tests that use them.

use std::fs;
use std::io::Read as _;
use std::net::TcpStream;
use std::thread;
use std::time::Duration;

use crate::support::engines::{self, Store};

#[test]
fn every_engine_answers_and_has_the_store_it_is_listed_with() {
    for engine in engines::all() {
        let driver = engine.run(engine.docker().args(["info", "--format", "{{.Driver}}"]));
        let expected = match engine.store {
            Store::Overlay2 => "overlay2",
            Store::Containerd => "overlayfs",
        };
        assert_eq!(driver, expected, "{}", engine.name);
    }
}

#[test]
fn an_image_lives_as_long_as_its_owner() {
    for engine in engines::all() {
        let image = engine.image("owner");
        let name = image.name().to_owned();
        engine.run(engine.docker().args(["import", "/dev/null", &name]));
        assert!(has_image(&engine, &name), "{} lacks {name}", engine.name);
        drop(image);
        assert!(
            !has_image(&engine, &name),
            "{} still has {name}",
            engine.name
        );
    }
}

#[test]
fn a_cdi_device_reaches_the_container() {
    for engine in engines::newest() {
        let device = engine.run(
            engine
                .docker()
                .args(["run", "--rm", "--device", "example.com/gpu=1"])
                .args([
                    "debian:bookworm-slim",
                    "sh",
                    "-c",
                    "echo $EXAMPLE_GPU; test -c /dev/example-gpu1",
                ]),
        );
        assert_eq!(device, "1", "{}", engine.name);
    }
}

#[test]
fn a_gpu_request_reaches_the_hook() {
    for engine in engines::all() {
        let container = engine.container("gpu");
        let run = [
            "run",
            "-d",
            "--gpus",
            "\"device=0,3\"",
            "--name",
            container.name(),
            "debian:bookworm-slim",
            "true",
        ];
        let id = engine.run(engine.docker().args(run));
        let config = engine.run_dir.join(format!("hook/records/{id}.config"));
        let config = fs::read_to_string(&config).expect("the hook recorded the container");
        assert!(
            config.contains("NVIDIA_VISIBLE_DEVICES=0,3"),
            "{}: {config}",
            engine.name
        );
    }
}

#[test]
fn published_ports_are_reached_at_the_engines_address() {
    const SERVER: &str = "use IO::Socket::INET; \
        my $listener = IO::Socket::INET->new(Listen => 1, LocalPort => 80, ReuseAddr => 1); \
        while (my $client = $listener->accept) { print $client 'hello' }";
    for engine in engines::all() {
        let container = engine.container("port");
        let run = [
            "run",
            "-d",
            "--init",
            "-p",
            "80",
            "--name",
            container.name(),
        ];
        engine.run(
            engine
                .docker()
                .args(run)
                .args(["debian:bookworm-slim", "perl", "-e", SERVER]),
        );
        let port = "{{(index (index .NetworkSettings.Ports \"80/tcp\") 0).HostPort}}";
        let port = engine.run(
            engine
                .docker()
                .args(["inspect", "-f", port, container.name()]),
        );
        assert_eq!(
            greeting(&format!("{}:{port}", engine.address)),
            "hello",
            "{}",
            engine.name
        );
    }
}

#[test]
fn a_build_step_reaches_the_package_mirror() {
    for engine in engines::all() {
        let image = engine.image("mirror");
        let context = tempfile::tempdir().expect("a temporary directory");
        let dockerfile =
            "FROM debian:bookworm-slim\nRUN apt-get -o Acquire::Retries=5 update --error-on=any\n";
        fs::write(context.path().join("Dockerfile"), dockerfile)
            .expect("the Dockerfile is written");
        let build = ["build", "--no-cache", "--load", "-t", image.name()];
        engine.run(engine.buildx().args(build).arg(context.path()));
    }
}

/// What the server at `address` says, which needs a moment to start.
fn greeting(address: &str) -> String {
    for _ in 0..100 {
        let mut said = String::new();
        let connected = TcpStream::connect(address);
        if let Ok(mut stream) = connected
            && stream.read_to_string(&mut said).is_ok()
            && !said.is_empty()
        {
            return said;
        }
        thread::sleep(Duration::from_millis(100));
    }
    panic!("nobody answers at {address}");
}

#[test]
fn the_registry_takes_an_image_and_gives_it_back() {
    for engine in engines::all() {
        let name = format!("{}/{}", engine.registry, engine.image("pushed").name());
        engine.run(engine.docker().args(["tag", "debian:bookworm-slim", &name]));
        engine.run(engine.docker().args(["push", &name]));
        engine.run(engine.docker().args(["image", "rm", &name]));
        engine.run(engine.docker().args(["pull", &name]));
        engine.run(engine.docker().args(["image", "rm", &name]));
    }
}

#[test]
fn the_other_registry_wants_its_login() {
    for engine in engines::all() {
        let registry = &engine.registry_with_login;
        let configuration = tempfile::tempdir().expect("a temporary directory");
        let login = |password: &str| {
            let mut docker = engine.docker();
            docker
                .env("DOCKER_CONFIG", configuration.path())
                .args(["login", "--username"]);
            docker.args([&registry.user, "--password", password, &registry.address]);
            docker.output().expect("docker starts").status.success()
        };
        assert!(login(&registry.password), "{}", engine.name);
        assert!(!login("something else"), "{}", engine.name);
    }
}

fn has_image(engine: &engines::Engine, name: &str) -> bool {
    engine
        .docker()
        .args(["image", "inspect", name])
        .output()
        .expect("docker starts")
        .status
        .success()
}
